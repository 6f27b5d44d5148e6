package dev.mooring.adapter.oauth;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundSettings;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** What the OAuth tests need again and again. */
final class OAuthFixtures {
    static final RedirectUri CALLBACK = new RedirectUri("http://localhost:8080/api/oauth/callback");

    static final DpopProofs PROOFS = new DpopProofs(InstantSource.system(), new SecureRandom());

    private OAuthFixtures() {}

    /** A client that may call loopback over plain http. */
    static GuardedHttp loopbackHttp() {
        return new GuardedHttp(
                OutboundSettings.of(OutboundAllow.parse("localhost,127.0.0.1"), "Mooring/test"));
    }

    /** Signs with the keys that were entered for a client, as this process has none of its own. */
    static ClientAssertions keyless() {
        return new ClientAssertions(Optional.empty(), InstantSource.system(), new SecureRandom());
    }

    static Budget budget() {
        return Budget.of(Duration.ofSeconds(10));
    }

    static Connection connection(String server) {
        return new Connection(
                new ServerUri(server),
                Transport.STREAMABLE_HTTP,
                Optional.empty(),
                Optional.empty(),
                StaticHeaders.NONE);
    }

    static ClientCredentials publicClient(String id) {
        return new ClientCredentials(
                new ClientIdentifier(id), Optional.empty(), TokenEndpointAuthMethod.NONE);
    }

    static ClientCredentials confidentialClient(
            String id, String secret, TokenEndpointAuthMethod method) {
        return new ClientCredentials(
                new ClientIdentifier(id), Optional.of(new ClientSecret(secret)), method);
    }
}
