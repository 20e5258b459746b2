using LoadDriver.Measuring;
using LoadDriver.Servers;

namespace LoadDriver.Goals;

/// <summary>What was measured of a goal, in the scheduling mode that fits it best.</summary>
internal sealed record GoalOutcome(Row Mode, Series Measured);
