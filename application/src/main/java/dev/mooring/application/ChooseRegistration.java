package dev.mooring.application;

import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.application.port.DeregistrationOutbox;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.lifecycle.ClientDetails;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.RetirementCause;
import dev.mooring.domain.lifecycle.UpstreamEvent;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.net.URI;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Decides as which client we speak to an authorization server, in the order of MCP: what an
 * operator entered, our Client ID Metadata Document, a dynamic registration, and else an error that
 * says what to enter.
 */
final class ChooseRegistration {
    private final UnitOfWork unitOfWork;
    private final RegistrationStore registrations;
    private final RetireRegistration retireRegistration;
    private final DeregistrationOutbox deregistrations;
    private final AttemptStore attempts;
    private final GrantStore grants;
    private final EventLog events;
    private final ClientRegistrar registrar;
    private final OAuthClientProfile profile;
    private final HoldTokens holdTokens;
    private final InstantSource clock;
    private final RandomGenerator random;

    ChooseRegistration(
            UnitOfWork unitOfWork,
            RegistrationStore registrations,
            RetireRegistration retireRegistration,
            DeregistrationOutbox deregistrations,
            AttemptStore attempts,
            GrantStore grants,
            EventLog events,
            ClientRegistrar registrar,
            OAuthClientProfile profile,
            HoldTokens holdTokens,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.registrations = registrations;
        this.retireRegistration = retireRegistration;
        this.deregistrations = deregistrations;
        this.attempts = attempts;
        this.grants = grants;
        this.events = events;
        this.registrar = registrar;
        this.profile = profile;
        this.holdTokens = holdTokens;
        this.clock = clock;
        this.random = random;
    }

    /** The choice. */
    sealed interface Outcome {
        /** A given registration or a metadata document may not be stored yet. */
        record Chosen(Registration registration) implements Outcome {}

        record Failed(Problem problem) implements Outcome {}
    }

    /**
     * Chooses.
     *
     * @param key the issuer under which a dynamic registration is shared
     */
    Outcome handle(
            ClientDetails client,
            OAuthSettings settings,
            AuthorizationServer server,
            Issuer key,
            Budget budget) {
        if (settings.clientId().isPresent()) {
            return given(client, settings, server)
                    .<Outcome>map(Outcome.Chosen::new)
                    .orElseGet(() -> new Outcome.Failed(signatureUnsupported(server)));
        }
        if (profile.metadataDocument().isPresent()
                && server.metadataDocuments()
                && takesDocumentedMethod(server)) {
            return new Outcome.Chosen(metadataDocument(profile.metadataDocument().get(), server));
        }
        Optional<Registration.Dynamic> earlier = registrations.dynamic(key, profile.redirectUri());
        if (earlier.isPresent()) {
            if (earlier.get().isUsable(clock.instant())) {
                return new Outcome.Chosen(earlier.get());
            }
            retireRegistration.handle(earlier.get(), new RetirementCause.SecretEnded());
        }
        return server.registrationEndpoint()
                .map(endpoint -> register(endpoint, client, server, key, budget))
                .orElseGet(() ->
                        new Outcome.Failed(
                                new Problem(
                                        Problem.Code.REGISTRATION_UNSUPPORTED,
                                        whyNoDocument(server)
                                                + "The authorization server registers no clients by"
                                                + " itself; register "
                                                + profile.redirectUri()
                                                + " there as the redirect URI and give"
                                                + " oauth_config.client_id (and"
                                                + " client_secret)")));
    }

    /** The document names one method, and where that is not taken the document is of no use. */
    private boolean takesDocumentedMethod(AuthorizationServer server) {
        return profile.key()
                .map(key ->
                        server.lists(TokenEndpointAuthMethod.PRIVATE_KEY_JWT)
                                && server.takesSignaturesBy(key.algorithm()))
                .orElse(true);
    }

    private String whyNoDocument(AuthorizationServer server) {
        return profile.metadataDocument().isPresent() && server.metadataDocuments()
                ? "The authorization server takes metadata documents but does not list"
                        + " private_key_jwt with our algorithm, which ours says. "
                : "";
    }

    /**
     * The registration for the next link of this client, which is asked for by hand. A server that
     * has forgotten a dynamic registration shows the person an error and sends nobody back (RFC
     * 6749 section 4.1.2.1), so silence is all that we may learn of it: where the last link was
     * never answered, and nothing came through the registration since, it is made anew. Once for
     * each such link; and a server that refuses leaves us with the one we have.
     */
    Registration afterSilence(
            Registration chosen, ClientDetails client, AuthorizationServer server, Budget budget) {
        if (!(chosen instanceof Registration.Dynamic known && isDoubtful(known, client.id()))) {
            return chosen;
        }
        return server.registrationEndpoint()
                .map(endpoint -> ask(endpoint, client, server, budget))
                .filter(ClientRegistrar.Answer.Registered.class::isInstance)
                .map(ClientRegistrar.Answer.Registered.class::cast)
                .map(registered -> {
                    retireRegistration.handle(known, new RetirementCause.Unanswered());
                    return keep(registered, known.issuer(), budget);
                })
                .orElse(known);
    }

    private boolean isDoubtful(Registration.Dynamic registration, ClientId client) {
        return attempts.newest(client)
                .filter(attempt -> attempt.isUnansweredThrough(registration.id(), clock.instant()))
                .filter(attempt ->
                        !grants.servedSince(registration.id(), attempt.details().startedAt()))
                .isPresent();
    }

    /**
     * To whom the client id and secret belong that were entered for this client: nobody else may
     * see them. Empty when the operator named the issuer, and as long as they were used nowhere.
     */
    Optional<Issuer> boundTo(ClientDetails client, OAuthSettings settings) {
        return settings.namesIssuer()
                ? settings.issuer()
                : settings.clientId()
                        .flatMap(id ->
                                Registration.Given.boundTo(
                                        registrations.givenFor(client.id()), id));
    }

    /** Empty where the server does not take what the key that was entered signs. */
    private Optional<Registration> given(
            ClientDetails client, OAuthSettings settings, AuthorizationServer server) {
        return settings.credentials(server.issuer(), server.preferredMethod(true))
                .orElseThrow()
                .signingBy(server::takesSignaturesBy)
                .map(credentials ->
                        Registration.Given.of(
                                RegistrationId.random(random),
                                server.issuer(),
                                profile.redirectUri(),
                                credentials,
                                client.id()));
    }

    private static Problem signatureUnsupported(AuthorizationServer server) {
        String taken =
                server.assertionAlgorithms().stream()
                        .filter(word -> word.matches("[A-Za-z0-9-]{1,20}"))
                        .limit(10)
                        .collect(Collectors.joining(", "));
        return new Problem(
                Problem.Code.SIGNATURE_UNSUPPORTED,
                "The authorization server takes signatures by "
                        + taken
                        + " and by none that oauth_config.private_key_pem (and signing_algorithm)"
                        + " can make");
    }

    private Registration metadataDocument(String url, AuthorizationServer server) {
        return new Registration.MetadataDocument(
                RegistrationId.random(random),
                server.issuer(),
                profile.redirectUri(),
                profile.documented(url, server.issuer()));
    }

    private Outcome register(
            URI endpoint,
            ClientDetails client,
            AuthorizationServer server,
            Issuer key,
            Budget budget) {
        return switch (ask(endpoint, client, server, budget)) {
            case ClientRegistrar.Answer.RedirectUriRefused refused ->
                    new Outcome.Failed(refused.problem());
            case ClientRegistrar.Answer.Failed failed -> new Outcome.Failed(failed.problem());
            case ClientRegistrar.Answer.Useless useless -> {
                owe(useless, key);
                yield new Outcome.Failed(useless.problem());
            }
            case ClientRegistrar.Answer.Registered registered ->
                    new Outcome.Chosen(keep(registered, key, budget));
        };
    }

    private void owe(ClientRegistrar.Answer.Useless useless, Issuer key) {
        RegistrationId id = RegistrationId.random(random);
        unitOfWork.run(() -> {
            events.append(new UpstreamEvent.RegistrationMade(id, key, clock.instant()));
            useless.management()
                    .map(management -> new Deregistration(id, management))
                    .ifPresent(deregistrations::add);
        });
    }

    private ClientRegistrar.Answer ask(
            URI endpoint, ClientDetails client, AuthorizationServer server, Budget budget) {
        ClientMetadata metadata =
                ClientMetadata.authorizationCode(
                        profile.clientName(), profile.redirectUri(), server.registrationMethod());
        Connection connection = client.settings().connection();
        ClientRegistrar.Answer first = registrar.register(endpoint, metadata, connection, budget);
        // MCP: a client whose redirect URI is refused may try again, adjusted; once is enough.
        return first instanceof ClientRegistrar.Answer.RedirectUriRefused
                ? registrar.register(
                        endpoint, metadata.ofOtherApplicationType(), connection, budget)
                : first;
    }

    /**
     * Of two nodes that registered at once both go on with one registration; the deletion of the
     * other one, which was made for nothing, is owed. Until it is stored nobody else knows of it.
     */
    private Registration keep(
            ClientRegistrar.Answer.Registered registered, Issuer key, Budget budget) {
        Registration.Dynamic made =
                new Registration.Dynamic(
                        RegistrationId.random(random),
                        key,
                        profile.redirectUri(),
                        registered.credentials(),
                        registered.secretExpiresAt(),
                        registered.management());
        return holdTokens.until(
                () ->
                        unitOfWork.execute(() -> {
                            Registration kept = registrations.keep(made);
                            events.append(
                                    new UpstreamEvent.RegistrationMade(
                                            made.id(), key, clock.instant()));
                            if (!kept.id().equals(made.id())) {
                                Deregistration.of(made).ifPresent(deregistrations::add);
                            }
                            return kept;
                        }),
                budget.remaining());
    }
}
