using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>Runs a schedule from its first step until nothing is left of it.</summary>
internal sealed class ScheduleRun(Schedule schedule, TransportWorld world)
{
    // A connection's last megabyte takes some hundreds of passes at the smallest limits and with every hazard.
    private const int MaxPassesToEnd = 20_000;

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(60);
    private int _aborts;

    /// <returns>The transitions that there were.</returns>
    public static StateRecorder Run(Schedule schedule)
    {
        using var world = new TransportWorld(schedule.Settings);
        new ScheduleRun(schedule, world).Run();
        return world.States;
    }

    public void Run()
    {
        for (var i = 0; i < schedule.Connections; i++)
        {
            world.Connect();
        }

        world.Pass();
        foreach (var step in schedule.Steps)
        {
            Do(step);
        }

        var undisturbed = End();
        Assert.All(world.Connections, connection => connection.AssertEnded(schedule.Settings, undisturbed));
        world.AssertNothingLeft();
    }

    private void Do(Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Pass:
                Pass(1 + (step.Amount % 3));
                break;
            case StepKind.Connect:
                if (world.Connections.Count < 2 * schedule.Connections)
                {
                    world.Connect();
                }

                break;
            case StepKind.Tell:
                world.TellAll();
                break;
            case StepKind.TimePasses:
                world.TimePasses(s_moment);
                world.TrimPool();
                break;
            case StepKind.StopListening:
                world.StopListening();
                break;
            case StepKind.StopPoller:
                world.StopPoller();
                break;
            default:
                if (world.Connections.Count > 0)
                {
                    Do(step, world.Connections[step.Connection % world.Connections.Count]);
                }

                break;
        }
    }

    private void Do(Step step, ScheduledConnection connection)
    {
        var peer = connection.Peer;
        switch (step.Kind)
        {
            case StepKind.PeerWrites:
                peer.Write(step.Amount);
                break;
            case StepKind.PeerFinishes:
                peer.Finish();
                break;
            case StepKind.PeerResets:
                peer.Reset();
                break;
            case StepKind.PeerStopsReading:
                peer.StopReading();
                break;
            case StepKind.PeerStartsReading:
                peer.StartReading();
                break;
            default:
                if (connection.Application is { Disposal: null } application)
                {
                    Ask(step, application);
                }

                break;
        }
    }

    private void Ask(Step step, ScheduledApplication application)
    {
        if (step.OnPoller)
        {
            world.Poller.Schedule(new ReadyWork(_ => world.Guard(() => Act(step, application)), State: null));
        }
        else
        {
            Act(step, application);
        }
    }

    private void Act(Step step, ScheduledApplication application)
    {
        if (application.Disposal is not null && step.Kind is not StepKind.Abort)
        {
            return;
        }

        switch (step.Kind)
        {
            case StepKind.Read:
                application.Read(step.Amount);
                break;
            case StepKind.Write:
                application.Write(step.Amount, foreign: false);
                break;
            case StepKind.WriteFromOutsideThePool:
                application.Write(step.Amount, foreign: true);
                break;
            case StepKind.CompleteOutput:
                application.CompleteOutput();
                break;
            case StepKind.CompleteInput:
                application.CompleteInput();
                break;
            case StepKind.Abort:
                application.Abort($"abort {++_aborts}");
                break;
            case StepKind.Dispose:
                application.Dispose();
                break;
            case StepKind.HoldBlocks:
                application.Hold(1 + (step.Amount % 16));
                break;
            case StepKind.ReturnBlocks:
                application.ReturnHeld(1 + (step.Amount % 4));
                break;
            default:
                throw new InvalidOperationException($"{step.Kind} is not for the application.");
        }
    }

    /// <returns>Whether connections could end of themselves, with nobody stopping or aborting them.</returns>
    private bool End()
    {
        // What was asked of the poller is done before the end begins.
        Pass(1);
        foreach (var connection in world.Connections)
        {
            connection.Application?.ReturnHeld(int.MaxValue);
        }

        var undisturbed = !world.IsStopping && schedule.Settings is { Ending: Ending.Graceful, Shape: not ProviderShape.Stalling };
        if (undisturbed)
        {
            EndGracefully();
        }
        else if (schedule.Settings.Ending == Ending.Abort)
        {
            EndByAborts();
        }

        // Without the applications' doing: the transport does not need them to end.
        world.StopPoller();
        PassUntil(() => world.IsDrained, "the poller's drain");
        PassUntil(
            () =>
            {
                foreach (var connection in world.Connections)
                {
                    connection.Application?.Dispose();
                }

                return world.IsDrained && world.Connections.All(connection => connection.Application is null or { Disposal: not null });
            },
            "the applications' disposal of what has ended");
        return undisturbed;
    }

    private void EndByAborts()
        => PassUntil(
            () =>
            {
                var isOver = true;
                foreach (var connection in world.Connections)
                {
                    if (connection.Connection is { AbortReason: null })
                    {
                        connection.Application!.Abort("the end");
                    }

                    isOver &= connection.IsReleased || connection.Application is null;
                }

                return isOver;
            },
            "the end of aborted connections");

    private void EndGracefully()
    {
        foreach (var connection in world.Connections)
        {
            connection.Peer.StartReading();
            connection.Peer.Finish();
        }

        PassUntil(
            () =>
            {
                var isOver = true;
                foreach (var connection in world.Connections)
                {
                    connection.Application?.Conclude();
                    isOver &= connection.IsReleased || (connection.Application is null && !world.IsListening);
                }

                return isOver;
            },
            "the orderly end of all connections");
    }

    private void Pass(int count)
    {
        for (; count > 0; count--)
        {
            world.Pass();
        }
    }

    private void PassUntil(Func<bool> condition, string what)
    {
        for (var passes = 0; !condition(); passes++)
        {
            Assert.True(passes < MaxPassesToEnd, $"Did not happen in {MaxPassesToEnd} passes: {what}.");
            world.TimePasses(s_moment);
            world.Pass();
            world.TellAll();
        }
    }
}
