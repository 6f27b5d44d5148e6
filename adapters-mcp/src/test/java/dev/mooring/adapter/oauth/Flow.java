package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.CALLBACK;
import static dev.mooring.adapter.oauth.OAuthFixtures.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.application.port.TokenEndpoint.CodeRedemption;
import dev.mooring.application.port.TokenEndpoint.TokenRefresh;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.CodeVerifier;
import dev.mooring.domain.oauth.ProtectedResource;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.party.Parameters;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** As far as a flow has come when the browser brings the code back: all but redeeming it. */
record Flow(
        AuthorizationServer server,
        ClientCredentials credentials,
        ResourceIdentifier resource,
        Parameters response) {
    private static final CodeVerifier VERIFIER =
            CodeVerifier.random(RandomGenerator.of("L64X128MixRandom"));

    /** Discovers, registers and lets the person consent at once. */
    static Flow through(GuardedHttp http, Connection connection, TokenEndpointAuthMethod method) {
        HttpAuthorizationServerDiscovery discovery =
                new HttpAuthorizationServerDiscovery(http, Duration.ZERO);
        ProtectedResource resource =
                is(
                                ResourceAnswer.Found.class,
                                discovery.protectedResource(
                                        connection,
                                        AccessChallenge.SILENT,
                                        AcceptedQuirks.NONE,
                                        budget()))
                        .resource();
        AuthorizationServer server =
                is(
                                ServerAnswer.Found.class,
                                discovery.authorizationServer(
                                        resource.authorizationServers().getFirst(),
                                        connection,
                                        AcceptedQuirks.NONE,
                                        budget()))
                        .server();
        ClientCredentials credentials =
                is(
                                ClientRegistrar.Answer.Registered.class,
                                new DynamicClientRegistration(http, InstantSource.system())
                                        .register(
                                                server.registrationEndpoint().orElseThrow(),
                                                ClientMetadata.authorizationCode(
                                                        "Mooring", CALLBACK, method),
                                                connection,
                                                budget()))
                        .credentials();
        URI link = link(server, credentials, resource.resource());
        String location =
                http.send(OutboundRequest.get(link)).headers().first("Location").orElseThrow();
        return new Flow(
                server,
                credentials,
                resource.resource(),
                Parameters.parse(URI.create(location).getRawQuery()));
    }

    private static URI link(
            AuthorizationServer server,
            ClientCredentials credentials,
            ResourceIdentifier resource) {
        Map<String, String> query =
                Map.of(
                        "response_type", "code",
                        "client_id", credentials.clientId().value(),
                        "redirect_uri", CALLBACK.value(),
                        "code_challenge", VERIFIER.challenge(),
                        "code_challenge_method", "S256",
                        "state", "state",
                        "resource", resource.value());
        return URI.create(
                server.authorizationEndpoint().orElseThrow()
                        + "?"
                        + query.entrySet().stream()
                                .map(each ->
                                        each.getKey()
                                                + "="
                                                + URLEncoder.encode(
                                                        each.getValue(), StandardCharsets.UTF_8))
                                .collect(Collectors.joining("&")));
    }

    CodeRedemption redemption() {
        return new CodeRedemption(
                server.tokenEndpoint(),
                credentials,
                new AuthorizationCode(response.text("code")),
                VERIFIER,
                CALLBACK,
                Optional.of(resource),
                Scopes.NONE,
                Optional.empty(),
                Optional.empty());
    }

    TokenRefresh refresh(TokenSet earlier) {
        return new TokenRefresh(
                server.tokenEndpoint(),
                credentials,
                earlier.refreshToken().orElseThrow(),
                Optional.of(resource),
                Scopes.NONE,
                Optional.empty(),
                Optional.empty());
    }

    private static <T> T is(Class<T> type, Object answer) {
        assertThat(answer).isInstanceOf(type);
        return type.cast(answer);
    }
}
