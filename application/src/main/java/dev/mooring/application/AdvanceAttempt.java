package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Ended;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Superseded;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Unknown;

/**
 * Stores the steps of attempts, each with its event, inside the unit of work of whoever takes them.
 */
record AdvanceAttempt(AttemptStore attempts, EventLog events) {
    /** The caller holds the client's lock. */
    void begin(Started started) {
        attempts.insert(started);
        events.append(started.event());
    }

    /** As {@link AttemptStore#claim}. */
    boolean claim(Redeeming claimed) {
        return record(claimed, attempts.claim(claimed));
    }

    /** As {@link AttemptStore#end(Started, Ended)}. */
    boolean end(Started started, Ended ended) {
        return record(ended, attempts.end(started, ended));
    }

    /** As {@link AttemptStore#end(Redeeming, Ended)}. */
    boolean end(Redeeming redeeming, Ended ended) {
        return record(ended, attempts.end(redeeming, ended));
    }

    /** As {@link AttemptStore#end(Unknown, Superseded)}. */
    boolean end(Unknown unknown, Superseded superseded) {
        return record(superseded, attempts.end(unknown, superseded));
    }

    private boolean record(AuthorizationAttempt next, boolean stored) {
        if (stored) {
            events.append(next.event());
        }
        return stored;
    }
}
