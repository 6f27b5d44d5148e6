package dev.mooring.application;

import dev.mooring.application.port.AuthorizationServerDiscovery;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.McpConnector.ConnectAnswer;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.lifecycle.ClientDetails;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;
import dev.mooring.domain.oauth.DpopDemand;
import dev.mooring.domain.oauth.DpopUse;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out all that an authorization request needs: who grants access, what the token will be good
 * for, which scopes to ask for, and as which client. Asks several parties within one budget and
 * stores nothing but a dynamic registration, which must not be lost once it is made.
 */
final class PrepareAuthorization {
    private final McpConnector connector;
    private final AuthorizationServerDiscovery discovery;
    private final ChooseRegistration chooseRegistration;

    PrepareAuthorization(
            McpConnector connector,
            AuthorizationServerDiscovery discovery,
            ChooseRegistration chooseRegistration) {
        this.connector = connector;
        this.discovery = discovery;
        this.chooseRegistration = chooseRegistration;
    }

    /** What the preparation came to. */
    sealed interface Outcome {
        /**
         * All is known.
         *
         * @param registration not necessarily stored yet
         */
        record Prepared(
                AuthorizationServer server,
                Registration registration,
                ResourceIdentifier resource,
                Scopes scopes,
                DpopUse dpop)
                implements Outcome {
            Prepared through(Registration other) {
                return new Prepared(server, other, resource, scopes, dpop);
            }
        }

        record Failed(Problem problem) implements Outcome {}
    }

    /**
     * Prepares a request for {@code client}.
     *
     * @param challenge what the server answered, if it was asked already
     */
    Outcome handle(
            ClientDetails client,
            ClientAuth.OAuth oauth,
            Optional<AccessChallenge> challenge,
            Budget budget) {
        return oauth.settings().namesEndpoints()
                ? withEndpointsGiven(client, oauth.settings(), challenge, budget)
                : withDiscovery(client, oauth.settings(), challenge, budget);
    }

    private Outcome withEndpointsGiven(
            ClientDetails client,
            OAuthSettings settings,
            Optional<AccessChallenge> challenge,
            Budget budget) {
        AuthorizationServer given =
                new AuthorizationServer(
                        settings.issuer()
                                .orElseGet(() ->
                                        Issuer.ofTokenEndpoint(settings.tokenUrl().orElseThrow())),
                        settings.authorizeUrl().map(URI::create),
                        URI.create(settings.tokenUrl().orElseThrow()),
                        settings.registrationUrl().map(URI::create),
                        settings.revocationUrl().map(URI::create),
                        Scopes.NONE,
                        List.of(),
                        List.of(),
                        Set.of(),
                        PkceSupport.UNVERIFIED,
                        false,
                        false,
                        Set.of());
        AccessChallenge known = challenge.orElseGet(() -> challengeOf(client, budget));
        return switch (discovery.given(given)) {
            case ServerAnswer.Failed failed -> new Outcome.Failed(failed.problem());
            case ServerAnswer.Found found ->
                    DpopUse.choose(settings.dpop(), DpopDemand.NONE, known, found.server())
                            .map(dpop ->
                                    withServer(
                                            client,
                                            settings,
                                            found.server(),
                                            settings.resource()
                                                    .orElseGet(() ->
                                                            ownUrl(client.settings().connection())),
                                            chooseScopes(
                                                    settings, known, Scopes.NONE, found.server()),
                                            dpop,
                                            budget))
                            .orElseGet(() -> new Outcome.Failed(dpopUnsupported()));
        };
    }

    /**
     * What the MCP server asks for (scopes, bound tokens) counts with endpoints given by hand too;
     * but who gives them need not wait until it is there.
     */
    private AccessChallenge challengeOf(ClientDetails client, Budget budget) {
        return switch (connector.probe(client.settings().connection(), budget)) {
            case ConnectAnswer.Challenged challenged -> challenged.challenge();
            case ConnectAnswer.Accepted accepted -> AccessChallenge.SILENT;
            case ConnectAnswer.Failed failed -> AccessChallenge.SILENT;
        };
    }

    private Outcome withDiscovery(
            ClientDetails client,
            OAuthSettings settings,
            Optional<AccessChallenge> known,
            Budget budget) {
        AccessChallenge challenge;
        if (known.isPresent()) {
            challenge = known.get();
        } else {
            switch (connector.probe(client.settings().connection(), budget)) {
                case ConnectAnswer.Failed failed -> {
                    return new Outcome.Failed(failed.problem());
                }
                // Some servers ask for a token only when a tool is called; their metadata is at the
                // well-known place all the same.
                case ConnectAnswer.Accepted accepted -> challenge = AccessChallenge.SILENT;
                case ConnectAnswer.Challenged challenged -> challenge = challenged.challenge();
            }
        }
        Connection connection = client.settings().connection();
        Optional<Issuer> bound = chooseRegistration.boundTo(client, settings);
        return switch (discovery.protectedResource(
                connection, challenge, settings.exceptions(), budget)) {
            case ResourceAnswer.Failed failed -> new Outcome.Failed(failed.problem());
            case ResourceAnswer.NotOffered notOffered ->
                    settings.issuer().isPresent()
                            ? withIssuers(
                                    client,
                                    settings,
                                    challenge,
                                    List.of(settings.issuer().get()),
                                    settings.resource().orElseGet(() -> ownUrl(connection)),
                                    Scopes.NONE,
                                    DpopDemand.NONE,
                                    budget)
                            : new Outcome.Failed(
                                    new Problem(
                                            Problem.Code.AUTHORIZATION_NOT_OFFERED,
                                            "The MCP server publishes no protected resource"
                                                + " metadata (RFC 9728); give oauth_config.issuer,"
                                                + " or authorize_url and token_url"));
            case ResourceAnswer.Found found -> {
                List<Issuer> named = found.resource().authorizationServers();
                yield settings.issuer().isEmpty()
                                && bound.isPresent()
                                && !named.contains(bound.get())
                        ? new Outcome.Failed(credentialsOfOtherIssuer(bound.get()))
                        : withIssuers(
                                client,
                                settings,
                                challenge,
                                bound.map(List::of).orElse(named),
                                settings.resource()
                                        .orElseGet(() ->
                                                settings.exceptions()
                                                        .resourceOf(
                                                                found.resource(),
                                                                connection.server().uri())),
                                found.resource().scopesSupported(),
                                found.resource().dpop(),
                                budget);
            }
        };
    }

    /** MCP: a client id is not even shown to another issuer than its own. */
    private static Problem credentialsOfOtherIssuer(Issuer bound) {
        return new Problem(
                Problem.Code.CREDENTIALS_OF_OTHER_ISSUER,
                "The MCP server now names another authorization server than "
                        + URI.create(bound.value()).getHost()
                        + ", for which oauth_config.client_id was entered; give client_secret again"
                        + " or another client_id, or name the right one in oauth_config.issuer");
    }

    /**
     * Several issuers may grant access; the choice is ours (RFC 9728 section 7.6): the first
     * usable.
     */
    private Outcome withIssuers(
            ClientDetails client,
            OAuthSettings settings,
            AccessChallenge challenge,
            List<Issuer> issuers,
            ResourceIdentifier resource,
            Scopes scopesSupported,
            DpopDemand demand,
            Budget budget) {
        Connection connection = client.settings().connection();
        Optional<Problem> first = Optional.empty();
        for (Issuer issuer : issuers) {
            Problem problem;
            switch (discovery.authorizationServer(
                    issuer, connection, settings.exceptions(), budget)) {
                case ServerAnswer.Failed failed -> problem = failed.problem();
                case ServerAnswer.Found found -> {
                    AuthorizationServer server = withOverrides(found.server(), settings);
                    Optional<DpopUse> dpop =
                            DpopUse.choose(settings.dpop(), demand, challenge, server);
                    Optional<Problem> unfit = unfitness(server, settings);
                    if (unfit.isEmpty() && dpop.isPresent()) {
                        return withServer(
                                client,
                                settings,
                                server,
                                resource,
                                chooseScopes(settings, challenge, scopesSupported, server),
                                dpop.get(),
                                budget);
                    }
                    problem = unfit.orElseGet(PrepareAuthorization::dpopUnsupported);
                }
            }
            first = first.or(() -> Optional.of(problem));
        }
        return new Outcome.Failed(first.orElseThrow());
    }

    private static Optional<Problem> unfitness(AuthorizationServer server, OAuthSettings settings) {
        return switch (settings.flow()) {
            case GrantFlow.Unattended unattended -> Optional.empty();
            case GrantFlow.AuthorizationCode code -> {
                if (server.authorizationEndpoint().isEmpty()) {
                    yield Optional.of(
                            new Problem(
                                    Problem.Code.METADATA_INVALID,
                                    "The authorization server's metadata has no usable"
                                            + " authorization_endpoint"));
                }
                // MCP: where the metadata does not list S256 the client must not go on.
                yield server.s256() == PkceSupport.NOT_ANNOUNCED
                        ? Optional.of(pkceUnsupported())
                        : Optional.empty();
            }
        };
    }

    private Outcome withServer(
            ClientDetails client,
            OAuthSettings settings,
            AuthorizationServer server,
            ResourceIdentifier resource,
            Scopes scopes,
            DpopUse dpop,
            Budget budget) {
        return switch (chooseRegistration.handle(
                client, settings, server, keyOf(server, settings), budget)) {
            case ChooseRegistration.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case ChooseRegistration.Outcome.Chosen chosen ->
                    new Outcome.Prepared(server, chosen.registration(), resource, scopes, dpop);
        };
    }

    /**
     * MCP scope selection: what the operator says; else what the challenge asks for; else all that
     * the resource lists; else nothing. Where the authorization server lists {@code
     * offline_access}, it is asked for too, as some servers give refresh tokens only then.
     */
    private static Scopes chooseScopes(
            OAuthSettings settings,
            AccessChallenge challenge,
            Scopes scopesSupported,
            AuthorizationServer server) {
        if (!settings.scopes().isEmpty()) {
            return settings.scopes();
        }
        Scopes scopes = challenge.scope().isEmpty() ? scopesSupported : challenge.scope();
        // RFC 6749 section 4.4.3: where no person is needed there is no refresh token to ask for.
        return settings.flow() instanceof GrantFlow.AuthorizationCode
                        && !scopes.isEmpty()
                        && server.scopesSupported().contains(Scopes.OFFLINE_ACCESS)
                ? scopes.union(Scopes.of(Scopes.OFFLINE_ACCESS))
                : scopes;
    }

    private static AuthorizationServer withOverrides(
            AuthorizationServer server, OAuthSettings settings) {
        return new AuthorizationServer(
                server.issuer(),
                server.authorizationEndpoint(),
                server.tokenEndpoint(),
                settings.registrationUrl().map(URI::create).or(server::registrationEndpoint),
                settings.revocationUrl().map(URI::create).or(server::revocationEndpoint),
                server.scopesSupported(),
                server.tokenEndpointAuthMethods(),
                server.assertionAlgorithms(),
                server.grantTypesSupported(),
                server.s256(),
                server.issuerInResponse(),
                server.metadataDocuments(),
                server.dpopAlgorithms());
    }

    private static Problem pkceUnsupported() {
        return new Problem(
                Problem.Code.PKCE_UNSUPPORTED,
                "The authorization server does not announce PKCE with S256");
    }

    private static Problem dpopUnsupported() {
        return new Problem(
                Problem.Code.DPOP_UNSUPPORTED,
                "Tokens must be bound by DPoP (RFC 9449), and the authorization server or the MCP"
                        + " server does not take proofs that are signed with ES256");
    }

    /**
     * Under which issuer our credentials are kept. An issuer's own are shown only to endpoints that
     * its validated metadata names; where an operator's hand took part, the credentials are kept
     * apart, for the party that will really see them.
     */
    private static Issuer keyOf(AuthorizationServer server, OAuthSettings settings) {
        return settings.tokenUrl()
                .or(settings::registrationUrl)
                .or(settings::revocationUrl)
                .map(Issuer::ofTokenEndpoint)
                .orElse(server.issuer());
    }

    private static ResourceIdentifier ownUrl(Connection connection) {
        return new ResourceIdentifier(connection.server().value());
    }
}
