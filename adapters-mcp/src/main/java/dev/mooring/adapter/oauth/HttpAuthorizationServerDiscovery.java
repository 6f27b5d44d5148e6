package dev.mooring.adapter.oauth;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.application.port.AuthorizationServerDiscovery;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;
import dev.mooring.domain.oauth.DpopDemand;
import dev.mooring.domain.oauth.HttpUrl;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ProtectedResource;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;

import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Discovery over HTTP. Whatever a document says is checked before it is believed: the resource must
 * cover the server we asked for, the issuer must be the very string we asked with, and no endpoint
 * may lead where the outbound guard would not let us go.
 *
 * <p>Metadata of authorization servers is kept for a short time, by issuer and trust. Safe for many
 * threads.
 */
public final class HttpAuthorizationServerDiscovery implements AuthorizationServerDiscovery {
    private static final int MOST_ISSUERS = 10;
    private static final int MOST_KEPT = 256;
    private static final Duration LOOKING_AT_GIVEN_ENDPOINTS = Duration.ofSeconds(5);

    private final GuardedHttp http;
    private final Duration freshness;
    private final Map<Asked, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);

    /** Who asks with other exceptions gets another answer. */
    private record Asked(Issuer issuer, Optional<TrustedCa> trustedCa, AcceptedQuirks exceptions) {}

    private record Kept(AuthorizationServer server, Budget freshness) {}

    /**
     * @param freshness how long metadata of an authorization server is used again without asking;
     *     zero: never
     */
    public HttpAuthorizationServerDiscovery(GuardedHttp http, Duration freshness) {
        this.http = http;
        this.freshness = freshness;
    }

    @Override
    public ResourceAnswer protectedResource(
            Connection connection,
            AccessChallenge challenge,
            AcceptedQuirks exceptions,
            Budget budget) {
        MetadataRequest request =
                new MetadataRequest(Upstream.MCP_SERVER, connection.trustedCa(), budget);
        URI server = connection.server().uri();
        Set<String> silent = new HashSet<>();
        Optional<Problem> trouble = Optional.empty();
        for (URI place : WellKnown.protectedResource(server, challenge)) {
            if (silent.contains(HttpUrl.origin(place))) {
                continue;
            }
            switch (request.send(http, place)) {
                case MetadataRequest.Found.Document document -> {
                    Optional<ResourceAnswer> answer =
                            protectedResource(document.json(), server, exceptions);
                    if (answer.isPresent()) {
                        return answer.get();
                    }
                }
                case MetadataRequest.Found.Nothing _ -> {}
                case MetadataRequest.Found.Trouble found ->
                        trouble = trouble.or(() -> Optional.of(found.problem()));
                case MetadataRequest.Found.NoAnswer found -> {
                    silent.add(HttpUrl.origin(place));
                    trouble = trouble.or(() -> Optional.of(found.problem()));
                }
            }
        }
        return trouble.<ResourceAnswer>map(ResourceAnswer.Failed::new)
                .orElseGet(ResourceAnswer.NotOffered::new);
    }

    /** Empty where the document is about something else or names nobody who grants access. */
    private static Optional<ResourceAnswer> protectedResource(
            JsonObject json, URI server, AcceptedQuirks exceptions) {
        Optional<String> resource = json.text("resource");
        List<String> servers = json.texts("authorization_servers");
        if (resource.isEmpty() || servers.isEmpty()) {
            return Optional.empty();
        }
        try {
            ResourceIdentifier identifier = new ResourceIdentifier(resource.get());
            // RFC 9728 section 3.3: metadata for another resource is not used, usually.
            if (!exceptions.letMetadataFor(identifier, server)) {
                return refused(
                        Code.RESOURCE_MISMATCH,
                        "The protected resource metadata is for another resource than the MCP"
                                + " server");
            }
            List<Issuer> issuers =
                    servers.stream()
                            .flatMap(HttpAuthorizationServerDiscovery::issuer)
                            .distinct()
                            .limit(MOST_ISSUERS)
                            .toList();
            return issuers.isEmpty()
                    ? refused(
                            Code.METADATA_INVALID,
                            "The protected resource metadata names no usable authorization server")
                    : Optional.of(
                            new ResourceAnswer.Found(
                                    new ProtectedResource(
                                            identifier,
                                            issuers,
                                            Scopes.lenient(json.texts("scopes_supported")),
                                            new DpopDemand(
                                                    json.isTrue(
                                                            "dpop_bound_access_tokens_required"),
                                                    algorithms(json)))));
        } catch (InvalidValueException e) {
            return refused(
                    Code.METADATA_INVALID,
                    "The protected resource metadata names a resource that is no http(s) URL");
        }
    }

    private static Optional<ResourceAnswer> refused(Code code, String message) {
        return Optional.of(new ResourceAnswer.Failed(new Problem(code, message)));
    }

    private static Stream<Issuer> issuer(String text) {
        try {
            return Stream.of(new Issuer(text));
        } catch (InvalidValueException e) {
            return Stream.empty();
        }
    }

    @Override
    public ServerAnswer authorizationServer(
            Issuer issuer, Connection connection, AcceptedQuirks exceptions, Budget budget) {
        Asked asked = new Asked(issuer, connection.trustedCa(), exceptions);
        Optional<AuthorizationServer> known = known(asked);
        if (known.isPresent()) {
            return new ServerAnswer.Found(known.get());
        }
        ServerAnswer answer = ask(asked, budget);
        if (answer instanceof ServerAnswer.Found found) {
            keep(asked, found.server());
        }
        return answer;
    }

    private ServerAnswer ask(Asked asked, Budget budget) {
        MetadataRequest request =
                new MetadataRequest(Upstream.AUTHORIZATION_SERVER, asked.trustedCa(), budget);
        Optional<Problem> trouble = Optional.empty();
        for (URI place : WellKnown.authorizationServer(asked.issuer())) {
            switch (request.send(http, place)) {
                case MetadataRequest.Found.Document document -> {
                    switch (authorizationServer(document.json(), asked, budget)) {
                        case ServerAnswer.Found found -> {
                            return found;
                        }
                        case ServerAnswer.Failed failed ->
                                trouble = trouble.or(() -> Optional.of(failed.problem()));
                    }
                }
                case MetadataRequest.Found.Nothing _ -> {}
                case MetadataRequest.Found.Trouble found ->
                        trouble = trouble.or(() -> Optional.of(found.problem()));
                case MetadataRequest.Found.NoAnswer found -> {
                    return new ServerAnswer.Failed(found.problem());
                }
            }
        }
        return new ServerAnswer.Failed(
                trouble.orElseGet(() ->
                        new Problem(
                                Code.METADATA_INVALID,
                                "The authorization server publishes no metadata (RFC 8414"
                                        + " or OpenID Connect Discovery)")));
    }

    private ServerAnswer authorizationServer(JsonObject json, Asked asked, Budget budget) {
        // RFC 8414 section 3.3, RFC 9207 section 2.4: the same string, to the last slash.
        if (!asked.exceptions().letMetadataOf(asked.issuer(), json.text("issuer"))) {
            return new ServerAnswer.Failed(
                    new Problem(
                            Code.ISSUER_MISMATCH,
                            "The authorization server's metadata names another issuer than the one"
                                    + " it was asked for"));
        }
        try {
            return checked(
                    new AuthorizationServer(
                            asked.issuer(),
                            // RFC 8414 section 2: a server whose grants need no browser has none.
                            json.text("authorization_endpoint")
                                    .map(text ->
                                            HttpUrl.requireHttpUrl("authorization_endpoint", text)),
                            requiredUrl(json, "token_endpoint"),
                            optionalUrl(json, "registration_endpoint"),
                            optionalUrl(json, "revocation_endpoint"),
                            Scopes.lenient(json.texts("scopes_supported")),
                            json.texts("token_endpoint_auth_methods_supported"),
                            json.texts("token_endpoint_auth_signing_alg_values_supported"),
                            Set.copyOf(json.texts("grant_types_supported")),
                            // MCP "Authorization Code Protection": absent means not supported.
                            json.texts("code_challenge_methods_supported").contains("S256")
                                    ? PkceSupport.ANNOUNCED
                                    : PkceSupport.NOT_ANNOUNCED,
                            json.isTrue("authorization_response_iss_parameter_supported"),
                            json.isTrue("client_id_metadata_document_supported"),
                            algorithms(json)),
                    budget);
        } catch (InvalidValueException e) {
            return new ServerAnswer.Failed(
                    new Problem(
                            Code.METADATA_INVALID,
                            "The authorization server's metadata has no usable " + e.field()));
        }
    }

    /** RFC 9449 section 5.1 and RFC 9728 section 2 have the same name for it. */
    private static Set<String> algorithms(JsonObject json) {
        return Set.copyOf(json.texts("dpop_signing_alg_values_supported"));
    }

    private static URI requiredUrl(JsonObject json, String name) {
        return HttpUrl.requireHttpUrl(name, json.text(name).orElse(""));
    }

    private static Optional<URI> optionalUrl(JsonObject json, String name) {
        try {
            return json.text(name).map(text -> HttpUrl.requireHttpUrl(name, text));
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
    }

    @Override
    public ServerAnswer given(AuthorizationServer server) {
        return checked(server, Budget.of(LOOKING_AT_GIVEN_ENDPOINTS));
    }

    /**
     * OAuth 2.1 section 1.5: endpoints are https, unless the operator allows plain http there. An
     * endpoint that we could not call is found out now rather than after the consent. The
     * authorization endpoint is for the person's browser, which may well reach what we may not.
     */
    private ServerAnswer checked(AuthorizationServer server, Budget budget) {
        try {
            server.authorizationEndpoint()
                    .filter(uri -> !"https".equalsIgnoreCase(uri.getScheme()))
                    .ifPresent(uri -> http.requireAllowed(uri, budget));
            http.requireAllowed(server.tokenEndpoint(), budget);
            server.registrationEndpoint().ifPresent(uri -> http.requireAllowed(uri, budget));
            server.revocationEndpoint().ifPresent(uri -> http.requireAllowed(uri, budget));
            return new ServerAnswer.Found(server);
        } catch (OutboundException e) {
            return new ServerAnswer.Failed(Upstream.AUTHORIZATION_SERVER.problem(e));
        }
    }

    private synchronized Optional<AuthorizationServer> known(Asked asked) {
        return Optional.ofNullable(kept.get(asked))
                .filter(entry -> !entry.freshness().isSpent())
                .map(Kept::server);
    }

    private synchronized void keep(Asked asked, AuthorizationServer server) {
        kept.put(asked, new Kept(server, Budget.of(freshness)));
        if (kept.size() > MOST_KEPT) {
            kept.remove(kept.keySet().iterator().next());
        }
    }
}
