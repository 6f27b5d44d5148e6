package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.RunId;

import java.time.Duration;
import java.util.Optional;

/**
 * Lets one run at a time connect a client, on whatever node, and tells the others how it went. A
 * run whose lease ran out is dead and may be replaced.
 */
public interface ConnectionRuns {
    /**
     * Starts a run unless one is under way.
     *
     * @param lease judged by the store's clock; longer than connecting may take
     */
    Start start(ClientId client, RunId run, Duration lease);

    /**
     * Records how the run went and ends its lease; belongs into the unit of work that stores the
     * client's next state. False when the run was replaced meanwhile: its outcome counts no more.
     */
    boolean finish(ClientId client, RunId run, Outcome outcome);

    /**
     * Waits for the outcome of a run, at most {@code patience}.
     *
     * @return empty when it is not known by then, or the run died without one
     */
    Optional<Outcome> await(ClientId client, RunId run, Duration patience);

    /** The answer to {@link #start}. */
    sealed interface Start {
        record Started() implements Start {}

        /** Another run is at it. */
        record Underway(RunId run) implements Start {}

        /** There is no such client. */
        record Gone() implements Start {}
    }

    /** How a run went. */
    sealed interface Outcome {
        record Connected() implements Outcome {}

        record Failed(Problem problem) implements Outcome {}
    }
}
