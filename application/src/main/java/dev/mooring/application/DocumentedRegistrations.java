package dev.mooring.application;

import dev.mooring.application.port.RegistrationStore;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The stored registrations, of which those by our Client ID Metadata Document prove us as the
 * document says now: a server reads it again, so what was true when they were stored counts for
 * nothing once a key was configured or taken away.
 */
final class DocumentedRegistrations implements RegistrationStore {
    private final RegistrationStore stored;
    private final OAuthClientProfile profile;

    DocumentedRegistrations(RegistrationStore stored, OAuthClientProfile profile) {
        this.stored = stored;
        this.profile = profile;
    }

    @Override
    public Optional<Registration> find(RegistrationId id) {
        return stored.find(id).map(this::current);
    }

    @Override
    public Optional<Registration> hold(RegistrationId id) {
        return stored.hold(id).map(this::current);
    }

    @Override
    public Optional<Registration.Given> given(
            ClientId client, Issuer issuer, RedirectUri redirectUri) {
        return stored.given(client, issuer, redirectUri);
    }

    @Override
    public List<Registration.Given> givenFor(ClientId client) {
        return stored.givenFor(client);
    }

    @Override
    public Optional<Registration.Dynamic> dynamic(Issuer issuer, RedirectUri redirectUri) {
        return stored.dynamic(issuer, redirectUri);
    }

    @Override
    public Optional<Registration.MetadataDocument> metadataDocument(
            Issuer issuer, RedirectUri redirectUri) {
        return stored.metadataDocument(issuer, redirectUri).map(this::current);
    }

    @Override
    public Registration keep(Registration registration) {
        return current(stored.keep(registration));
    }

    @Override
    public void replace(Registration registration) {
        stored.replace(registration);
    }

    @Override
    public boolean retire(RegistrationId id) {
        return stored.retire(id);
    }

    @Override
    public List<Retired> retireIdle(Duration idleFor) {
        return stored.retireIdle(idleFor);
    }

    @Override
    public List<RegistrationId> forgettable(Duration retiredFor, int limit) {
        return stored.forgettable(retiredFor, limit);
    }

    @Override
    public boolean deleteUnreferenced(RegistrationId id) {
        return stored.deleteUnreferenced(id);
    }

    private Registration current(Registration registration) {
        return switch (registration) {
            case Registration.Given given -> given;
            case Registration.Dynamic dynamic -> dynamic;
            case Registration.MetadataDocument document -> current(document);
        };
    }

    /** Of a document at another place, as it was before, we know nothing new. */
    private Registration.MetadataDocument current(Registration.MetadataDocument document) {
        return profile.metadataDocument()
                .filter(url -> document.credentials().clientId().value().equals(url))
                .map(url ->
                        new Registration.MetadataDocument(
                                document.id(),
                                document.issuer(),
                                document.redirectUri(),
                                profile.documented(url, document.issuer())))
                .orElse(document);
    }
}
