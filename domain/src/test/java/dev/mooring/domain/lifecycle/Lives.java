package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.EndpointSlug;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.Tool;
import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenBinding;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** A client, an attempt and a grant to begin the tests of the life cycle with. */
final class Lives {
    static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
    static final Instant LATER = NOW.plusSeconds(60);
    static final Duration LIFETIME = Duration.ofMinutes(15);
    static final GrantId GRANT = new GrantId("grant_1");
    static final RunId RUN = new RunId("run_1");
    static final AuthorizationCode CODE = new AuthorizationCode("the-code");
    static final Issuer ISSUER = new Issuer("https://as.example");
    static final ReauthorizationCause CAUSE = new ReauthorizationCause.TokenRefused();
    static final Problem PROBLEM =
            new Problem(Problem.Code.SERVER_UNREACHABLE, "mcp.example could not be reached");
    static final AttemptFailure REASON =
            new AttemptFailure.RedemptionRefused(OAuthError.INVALID_GRANT);
    static final DpopKey DPOP_KEY = new DpopKey("the-private-key");
    static final Inventory INVENTORY =
            new Inventory(
                    new ServerProfile("Demo", "1", ProtocolVersion.V2026_07_28, Optional.empty()),
                    List.of(new Tool("echo", Optional.empty(), Optional.empty(), "{}")),
                    NOW);

    private Lives() {}

    static ClientSettings settings(ClientAuth auth) {
        return new ClientSettings(
                new ClientName("files"),
                new EndpointSlug("files"),
                new Connection(
                        new ServerUri("https://mcp.example/mcp"),
                        Transport.STREAMABLE_HTTP,
                        Optional.empty(),
                        Optional.empty(),
                        StaticHeaders.NONE),
                auth,
                new ToolSelection.All(),
                ClientSettings.DEFAULT_TOOL_EXECUTION_TIMEOUT,
                Optional.empty(),
                false);
    }

    static ClientSettings oauthSettings() {
        return settings(
                new ClientAuth.OAuth(new OAuthConfigId("oauth_1"), OAuthSettings.DISCOVERED));
    }

    static McpClient.Pending pending() {
        return new McpClient.Pending(
                new ClientDetails(new ClientId("files"), oauthSettings(), NOW));
    }

    static McpClient.Authorized authorized() {
        return pending().grantStored(GRANT);
    }

    static McpClient.Connected connected() {
        return authorized().connected(INVENTORY, NOW);
    }

    static McpClient.Disconnected disconnected() {
        return connected().connectionFailed(PROBLEM, NOW);
    }

    static McpClient.NeedsReauthorization needsReauthorization(ReauthorizationCause cause) {
        return authorized().needsReauthorization(cause, NOW);
    }

    /** Of a server without OAuth. */
    static McpClient.Disconnected open() {
        return new McpClient.Disconnected(
                new ClientDetails(new ClientId("open"), settings(new ClientAuth.None()), NOW),
                new Access.Open(),
                Optional.empty(),
                Optional.empty());
    }

    static AuthorizationServer server(boolean issuerInResponse) {
        return new AuthorizationServer(
                ISSUER,
                Optional.of(URI.create("https://as.example/authorize?tenant=a%20b")),
                URI.create("https://as.example/token"),
                Optional.empty(),
                Optional.of(URI.create("https://as.example/revoke")),
                Scopes.NONE,
                List.of(),
                List.of(),
                Set.of(),
                PkceSupport.ANNOUNCED,
                issuerInResponse,
                false,
                Set.of("ES256"));
    }

    static Started started() {
        return started(server(true), Scopes.of("read", "write"), Map.of());
    }

    static Started started(
            AuthorizationServer server, Scopes scopes, Map<String, String> additional) {
        return Started.begin(
                new ClientId("files"),
                3,
                server,
                new RegistrationId("reg_1"),
                new ClientIdentifier("client 1&2"),
                new RedirectUri("https://mooring.example/api/oauth/callback"),
                new ResourceIdentifier("https://mcp.example/mcp"),
                AcceptedQuirks.NONE,
                scopes,
                new TokenBinding.Offered(DPOP_KEY),
                additional,
                NOW,
                LIFETIME,
                new Random(1));
    }

    static Redeeming redeeming() {
        return started().claim(RUN, CODE, NOW);
    }

    static TokenSet tokens(String suffix) {
        return new TokenSet(
                new AccessToken("access-" + suffix),
                TokenType.DPOP,
                Optional.of(new RefreshToken("refresh-" + suffix)),
                Optional.of(NOW.plusSeconds(3600)),
                Scopes.of("read"));
    }

    static Grant grant() {
        return Grant.of(GRANT, redeeming(), tokens("1"), NOW);
    }
}
