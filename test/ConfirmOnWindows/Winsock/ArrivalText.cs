using System.Text;

namespace ConfirmOnWindows.Winsock;

/// <summary>Completions in words, with those that are alike and follow each other in one.</summary>
internal static class ArrivalText
{
    public static string Describe(IReadOnlyList<Arrival> arrivals)
    {
        if (arrivals.Count == 0)
        {
            return "no completion";
        }

        var text = new StringBuilder();
        for (var first = 0; first < arrivals.Count;)
        {
            var what = arrivals[first].ToString();
            var next = first + 1;
            while (next < arrivals.Count && string.Equals(arrivals[next].ToString(), what, StringComparison.Ordinal))
            {
                next++;
            }

            text.Append(first == 0 ? "" : ", then ").Append(next - first == 1 ? what : $"{next - first} × {what}");
            first = next;
        }

        return text.ToString();
    }
}
