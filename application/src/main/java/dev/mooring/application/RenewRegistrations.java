package dev.mooring.application;

import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.client.SettingsChange;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.AssertionKey;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.SigningKey;

import java.util.List;
import java.util.Optional;

/**
 * Takes what an operator entered anew to the registration that a living grant is refreshed with, in
 * the unit of work of the edit: from its commit on nobody uses the old secret.
 */
final class RenewRegistrations {
    private final GrantStore grants;
    private final RegistrationStore registrations;

    RenewRegistrations(GrantStore grants, RegistrationStore registrations) {
        this.grants = grants;
        this.registrations = registrations;
    }

    /**
     * Renews, while the caller holds the client's lock.
     *
     * @param secretGiven whether the secret was entered anew, and be it the same one: whoever
     *     enters it says that it is for the issuer that will be found
     */
    void handle(ClientId client, SettingsChange change, boolean secretGiven) {
        change.after()
                .oauth()
                .map(ClientAuth.OAuth::settings)
                .ifPresent(settings -> renew(client, change, settings, secretGiven));
    }

    private void renew(
            ClientId client, SettingsChange change, OAuthSettings settings, boolean secretGiven) {
        List<Registration.Given> entered = registrations.givenFor(client);
        if (change.mayBeForOtherIssuer()) {
            // The party that knows the old credentials is not shown the new ones.
            entered.stream()
                    .filter(Registration.Given::binding)
                    .forEach(given -> registrations.replace(given.released()));
        } else if (secretGiven || change.affectsCredentials()) {
            inUse(client, entered)
                    .ifPresent(given ->
                            settings.credentials(given.issuer(), given.credentials().method())
                                    .map(credentials -> signedAsBefore(credentials, given))
                                    .map(credentials -> given.renewed(credentials, secretGiven))
                                    .ifPresent(registrations::replace));
        }
    }

    /** The algorithm that the server was found to take, where another key can make it too. */
    private static ClientCredentials signedAsBefore(
            ClientCredentials entered, Registration.Given before) {
        return before.credentials()
                .key()
                .flatMap(AssertionKey::key)
                .map(SigningKey::algorithm)
                .flatMap(algorithm -> entered.signingBy(algorithm::equals))
                .orElse(entered);
    }

    /** The registration that the credentials are known to be of, else that of the grant. */
    private Optional<Registration.Given> inUse(ClientId client, List<Registration.Given> entered) {
        return entered.stream()
                .filter(Registration.Given::binding)
                .findFirst()
                .or(() ->
                        grants.ofClient(client)
                                .flatMap(grant ->
                                        entered.stream()
                                                .filter(given ->
                                                        given.id().equals(grant.registration()))
                                                .findFirst()));
    }
}
