package dev.mooring.application;

import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.audit.AdministrativeEvent.SignedIn;

import java.time.InstantSource;
import java.util.Set;

/** Records that a person signed in with a browser; who it is, is who acts. */
public final class RecordSignIn {
    private final UnitOfWork unitOfWork;
    private final EventLog events;
    private final InstantSource clock;

    RecordSignIn(UnitOfWork unitOfWork, EventLog events, InstantSource clock) {
        this.unitOfWork = unitOfWork;
        this.events = events;
        this.clock = clock;
    }

    /**
     * Records it.
     *
     * @param roles that the issuer gave the person; none if nobody could tell
     */
    public void handle(Set<Role> roles) {
        unitOfWork.run(() -> events.append(new SignedIn(roles, clock.instant())));
    }
}
