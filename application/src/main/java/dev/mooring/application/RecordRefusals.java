package dev.mooring.application;

import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.audit.AdministrativeEvent.RequestsRefused;

import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Records requests that came to nothing. They are counted here and written together now and then,
 * and only so many kinds of them, so that whoever sends a million of them adds a few lines to the
 * trail. Safe for use by many threads.
 */
public final class RecordRefusals {
    /**
     * How many kinds of one caller are told apart between two writings; all others of that caller
     * are counted as one. All who are nobody are one caller, so that they cannot hide what somebody
     * does who is known.
     */
    static final int KINDS = 20;

    private static final String OTHERS = "others";

    private final UnitOfWork unitOfWork;
    private final EventLog events;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private Map<Kind, Tally> tallies = new LinkedHashMap<>();

    private record Kind(Actor actor, Optional<String> address, String operation, String code) {}

    private record Tally(long count, Instant since) {
        Tally plus(Tally other) {
            return new Tally(
                    count + other.count, since.isBefore(other.since) ? since : other.since);
        }
    }

    public RecordRefusals(UnitOfWork unitOfWork, EventLog events, InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.events = events;
        this.clock = clock;
    }

    /**
     * Counts one.
     *
     * @param operation the method and the template of the path, never the path itself
     * @param code why, in the words of the error envelope
     */
    public void refused(ActingParty party, String operation, String code) {
        Tally one = new Tally(1, clock.instant());
        lock.lock();
        try {
            add(new Kind(party.actor(), party.address(), operation, code), one);
        } finally {
            lock.unlock();
        }
    }

    private void add(Kind kind, Tally tally) {
        boolean toldApart =
                tallies.containsKey(kind)
                        || tallies.keySet().stream()
                                        .filter(each -> each.actor().equals(kind.actor()))
                                        .count()
                                < KINDS;
        tallies.merge(
                toldApart ? kind : new Kind(kind.actor(), Optional.empty(), OTHERS, OTHERS),
                tally,
                Tally::plus);
    }

    /** Writes what was counted since the last time. What cannot be written is kept. */
    public void handle() {
        Map<Kind, Tally> counted;
        lock.lock();
        try {
            counted = tallies;
            tallies = new LinkedHashMap<>();
        } finally {
            lock.unlock();
        }
        boolean written = false;
        try {
            Instant now = clock.instant();
            unitOfWork.run(() -> counted.forEach((kind, tally) -> append(kind, tally, now)));
            written = true;
        } finally {
            if (!written) {
                keep(counted);
            }
        }
    }

    private void append(Kind kind, Tally tally, Instant now) {
        Acting.as(
                new ActingParty(kind.actor(), kind.address(), Optional.empty()),
                () ->
                        events.append(
                                new RequestsRefused(
                                        kind.operation(),
                                        kind.code(),
                                        tally.count(),
                                        tally.since(),
                                        now)));
    }

    private void keep(Map<Kind, Tally> counted) {
        lock.lock();
        try {
            counted.forEach(this::add);
        } finally {
            lock.unlock();
        }
    }
}
