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
     * All that is known before an authorization server is looked at.
     *
     * @param listed the scopes that the resource lists
     * @param demand what the resource's metadata says of bound tokens
     */
    private record Asked(
            ClientDetails client,
            OAuthSettings settings,
            AccessChallenge challenge,
            ResourceIdentifier resource,
            Scopes listed,
            DpopDemand demand,
            Budget budget) {
        /** Where the resource has no metadata. */
        static Asked ofItself(
                ClientDetails client,
                OAuthSettings settings,
                AccessChallenge challenge,
                Budget budget) {
            ResourceIdentifier resource =
                    settings.resource()
                            .orElseGet(() ->
                                    new ResourceIdentifier(
                                            client.settings().connection().server().value()));
            return new Asked(
                    client, settings, challenge, resource, Scopes.NONE, DpopDemand.NONE, budget);
        }

        Connection connection() {
            return client.settings().connection();
        }
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
        OAuthSettings settings = oauth.settings();
        Optional<AuthorizationServer> given = settings.givenServer();
        if (given.isPresent()) {
            AccessChallenge known = challenge.orElseGet(() -> challengeOf(client, budget));
            return withGiven(given.get(), Asked.ofItself(client, settings, known, budget));
        }
        if (challenge.isPresent()) {
            return withDiscovery(client, settings, challenge.get(), budget);
        }
        return switch (connector.probe(client.settings().connection(), budget)) {
            case ConnectAnswer.Failed failed -> new Outcome.Failed(failed.problem());
            // Some servers ask for a token only when a tool is called; their metadata is at the
            // well-known place all the same.
            case ConnectAnswer.Accepted accepted ->
                    withDiscovery(client, settings, AccessChallenge.SILENT, budget);
            case ConnectAnswer.Challenged challenged ->
                    withDiscovery(client, settings, challenged.challenge(), budget);
        };
    }

    private Outcome withGiven(AuthorizationServer given, Asked asked) {
        return switch (discovery.given(given)) {
            case ServerAnswer.Failed failed -> new Outcome.Failed(failed.problem());
            case ServerAnswer.Found found ->
                    dpop(asked, found.server())
                            .map(dpop -> withServer(asked, found.server(), dpop))
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
            AccessChallenge challenge,
            Budget budget) {
        Connection connection = client.settings().connection();
        Optional<Issuer> bound = chooseRegistration.boundTo(client, settings);
        return switch (discovery.protectedResource(
                connection, challenge, settings.exceptions(), budget)) {
            case ResourceAnswer.Failed failed -> new Outcome.Failed(failed.problem());
            case ResourceAnswer.NotOffered notOffered ->
                    settings.issuer()
                            .map(issuer ->
                                    withIssuers(
                                            Asked.ofItself(client, settings, challenge, budget),
                                            List.of(issuer)))
                            .orElseGet(() ->
                                    new Outcome.Failed(
                                            new Problem(
                                                    Problem.Code.AUTHORIZATION_NOT_OFFERED,
                                                    "The MCP server publishes no protected resource"
                                                        + " metadata (RFC 9728); give"
                                                        + " oauth_config.issuer, or authorize_url"
                                                        + " and token_url")));
            case ResourceAnswer.Found found -> {
                List<Issuer> named = found.resource().authorizationServers();
                if (settings.issuer().isEmpty()
                        && bound.isPresent()
                        && !named.contains(bound.get())) {
                    yield new Outcome.Failed(credentialsOfOtherIssuer(bound.get()));
                }
                ResourceIdentifier resource =
                        settings.resource()
                                .orElseGet(() ->
                                        settings.exceptions()
                                                .resourceOf(
                                                        found.resource(),
                                                        connection.server().uri()));
                yield withIssuers(
                        new Asked(
                                client,
                                settings,
                                challenge,
                                resource,
                                found.resource().scopesSupported(),
                                found.resource().dpop(),
                                budget),
                        bound.map(List::of).orElse(named));
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
    private Outcome withIssuers(Asked asked, List<Issuer> issuers) {
        OAuthSettings settings = asked.settings();
        Optional<Problem> first = Optional.empty();
        for (Issuer issuer : issuers) {
            Problem problem;
            switch (discovery.authorizationServer(
                    issuer, asked.connection(), settings.exceptions(), asked.budget())) {
                case ServerAnswer.Failed failed -> problem = failed.problem();
                case ServerAnswer.Found found -> {
                    AuthorizationServer server = settings.correcting(found.server());
                    Optional<DpopUse> dpop = dpop(asked, server);
                    Optional<Problem> unfit = unfitness(server, settings);
                    if (unfit.isEmpty() && dpop.isPresent()) {
                        return withServer(asked, server, dpop.get());
                    }
                    problem = unfit.orElseGet(PrepareAuthorization::dpopUnsupported);
                }
            }
            first = first.or(() -> Optional.of(problem));
        }
        return new Outcome.Failed(first.orElseThrow());
    }

    private static Optional<DpopUse> dpop(Asked asked, AuthorizationServer server) {
        return DpopUse.choose(asked.settings().dpop(), asked.demand(), asked.challenge(), server);
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

    private Outcome withServer(Asked asked, AuthorizationServer server, DpopUse dpop) {
        OAuthSettings settings = asked.settings();
        Scopes scopes = settings.scopesToAsk(asked.challenge(), asked.listed(), server);
        return switch (chooseRegistration.handle(
                asked.client(),
                settings,
                server,
                settings.issuerOfCredentials(server),
                asked.budget())) {
            case ChooseRegistration.Outcome.Failed failed -> new Outcome.Failed(failed.problem());
            case ChooseRegistration.Outcome.Chosen chosen ->
                    new Outcome.Prepared(
                            server, chosen.registration(), asked.resource(), scopes, dpop);
        };
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
}
