package dev.mooring.application;

import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.Revocation;

import java.util.Optional;

/**
 * Owes tokens back that nobody wants any more, inside the unit of work of whoever finds that and
 * has put or deleted the client's grant already.
 *
 * <p>Rule 6: with one token, some servers end all that our client has there. So what came through
 * the registration that the client's grant serves through is dropped instead.
 */
record OweTokens(GrantStore grants, RegistrationStore registrations, RevocationOutbox revocations) {
    /**
     * Those of a grant that has ended, or that another one has replaced.
     *
     * @return whether they are owed; not where their server takes none back
     */
    boolean of(Grant former, Optional<TrustedCa> trustedCa) {
        return registrations
                .find(former.registration())
                .filter(through -> of(former, through, trustedCa))
                .isPresent();
    }

    /** The same where the caller knows the registration, which need not be stored any more. */
    boolean of(Grant former, Registration through, Optional<TrustedCa> trustedCa) {
        return handle(former.client(), through, Revocation.of(former, through, trustedCa));
    }

    /**
     * Those that came for {@code client} and are not those of its grant.
     *
     * @param owed empty where their server takes none back
     */
    boolean handle(ClientId client, Registration through, Optional<Revocation> owed) {
        Optional<Revocation> due = owed.filter(tokens -> !serves(client, through));
        due.ifPresent(revocations::add);
        return due.isPresent();
    }

    /**
     * Whether what has been owed for a while must not be brought any more: the client has a grant
     * again, by the same client of ours at the same place.
     */
    boolean isOutlived(Revocation owed) {
        return owed.client()
                .flatMap(grants::ofClient)
                .filter(grant ->
                        grant.revocationEndpoint().equals(Optional.of(owed.revocationEndpoint())))
                .map(Grant::registration)
                .flatMap(registrations::find)
                .filter(through ->
                        through.credentials().clientId().equals(owed.credentials().clientId()))
                .isPresent();
    }

    private boolean serves(ClientId client, Registration through) {
        return grants.ofClient(client)
                .map(Grant::registration)
                .filter(serving -> serving.equals(through.id()) || isSameClient(serving, through))
                .isPresent();
    }

    /** What was chosen need not be what is stored of it, and has another id then. */
    private boolean isSameClient(RegistrationId serving, Registration through) {
        return registrations.find(serving).filter(through::isSameClientAs).isPresent();
    }
}
