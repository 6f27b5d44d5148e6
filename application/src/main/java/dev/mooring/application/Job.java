package dev.mooring.application;

import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;

import java.time.Duration;

/**
 * Something that has to be done again and again on every node, or nothing is renewed, swept or
 * told. Each is safe to run on many nodes at once, and never by two threads of one.
 *
 * @param name what the audit trail calls the one who did it
 * @param every the pause between the end of a turn and the next
 */
public record Job(String name, Duration every, Runnable turn) {
    /**
     * Takes a turn in the name of the service. What fails is tried again at the next turn, so a
     * caller logs the exception and goes on; a turn may take as long as a slow server does.
     *
     * @throws dev.mooring.application.port.StoreUnavailableException if the store is away
     */
    public void run() {
        Acting.as(ActingParty.local(Actor.service(name)), turn);
    }
}
