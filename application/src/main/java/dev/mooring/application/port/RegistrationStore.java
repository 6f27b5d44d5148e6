package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Keeps our registrations, keyed by issuer and redirect URI. */
public interface RegistrationStore {
    Optional<Registration> find(RegistrationId id);

    /**
     * Finds one that shall be referred to, and keeps it from being forgotten until the unit of work
     * is over.
     */
    Optional<Registration> hold(RegistrationId id);

    /** What an operator entered for this client at this issuer. */
    Optional<Registration.Given> given(ClientId client, Issuer issuer, RedirectUri redirectUri);

    /** All that was entered for this client, at whatever issuer, by id. */
    List<Registration.Given> givenFor(ClientId client);

    /** The registration we made ourselves at this issuer, unless it is retired. */
    Optional<Registration.Dynamic> dynamic(Issuer issuer, RedirectUri redirectUri);

    Optional<Registration.MetadataDocument> metadataDocument(
            Issuer issuer, RedirectUri redirectUri);

    /**
     * Adds a registration unless there is one under the same key, and returns what is kept from now
     * on: with two nodes registering at once, both go on with the same one.
     */
    Registration keep(Registration registration);

    /** Puts other credentials in the place of those of the registration with the same id. */
    void replace(Registration registration);

    /**
     * Stops offering a registration to new attempts, because the server forgot it or its secret
     * ended. What refers to it keeps it.
     *
     * @return false if there is none that is offered
     */
    boolean retire(RegistrationId id);

    /**
     * Retires registrations that we made ourselves and that no attempt and no grant has referred to
     * for at least so long. Each call notices which ones are idle, so the time counts from the
     * first call that finds it so.
     *
     * @return those that this call retired
     */
    List<Retired> retireIdle(Duration idleFor);

    /**
     * Registrations of our own that were retired at least so long ago, and that no attempt and no
     * grant refers to; those that were retired first come first.
     */
    List<RegistrationId> forgettable(Duration retiredFor, int limit);

    /** Forgets a registration that no attempt and no grant refers to; false if one does. */
    boolean deleteUnreferenced(RegistrationId id);

    /** A registration that was offered to new attempts until now. */
    record Retired(RegistrationId id, Issuer issuer) {}
}
