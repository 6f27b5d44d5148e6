package dev.mooring.domain.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Changed;
import dev.mooring.domain.Refused;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.Quirk;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

class SettingsTest {
    private static final OAuthSettings NOTHING = OAuthSettings.DISCOVERED;
    private static final String METHOD = "tokenEndpointAuthMethod";
    private static final String A_URL = "https://other.example/endpoint";
    private static final OAuthSettings GIVEN =
            new OAuthSettings(
                    Optional.of(new Issuer("https://as.example")),
                    Optional.of(new ClientIdentifier("client")),
                    Optional.of(new ClientSecret("secret")),
                    Optional.of("https://as.example/authorize"),
                    Optional.of("https://as.example/token"),
                    Optional.empty(),
                    Optional.empty(),
                    Scopes.of("read"),
                    Optional.empty(),
                    Optional.empty(),
                    Map.of(),
                    DpopPolicy.WHERE_ASKED,
                    AcceptedQuirks.NONE,
                    Optional.empty(),
                    new GrantFlow.AuthorizationCode());

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 601})
    void aToolMayTakeBetweenNothingAndTenMinutes(long seconds) {
        Refused.naming(
                "tool_execution_timeout",
                () -> timing(Duration.ofSeconds(seconds), Optional.empty()));
        assertThat(timing(Duration.ofMinutes(10), Optional.empty())).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -5, 43_201})
    void toolsAreListedAtMostOnceAMinuteAndAtLeastOnceInThirtyDays(long minutes) {
        Refused.naming(
                "tool_sync_interval",
                () -> timing(Duration.ofSeconds(1), Optional.of(Duration.ofMinutes(minutes))));
        assertThat(timing(Duration.ofSeconds(1), Optional.of(Duration.ofDays(30)))).isNotNull();
    }

    @Test
    void headersThatCarryTheCredentialMustBeThere() {
        Refused.naming("headers", () -> settings(new ClientAuth.Headers(), StaticHeaders.NONE));
    }

    @Test
    void theAuthorizationHeaderOfAnOAuthClientIsOurs() {
        StaticHeaders headers = headers(Map.of("AUTHORIZATION", "Bearer x"));
        Refused.naming("headers", () -> settings(oauth(NOTHING), headers));
        assertThat(settings(new ClientAuth.Headers(), headers).oauth()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host",
                "content-length",
                "Transfer-Encoding",
                "CONNECTION",
                "Mcp-Session-Id",
                "mcp-protocol-version",
                "",
                "a b",
                "a:b",
                "a\r\nb",
                "é"
            })
    void aHeaderThatIsNotTheOperatorsIsRefused(String name) {
        Refused.naming("headers", () -> headers(Map.of(name, "x")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb", "\u0000", "é", "\u007f"})
    void aHeaderValueCannotSmuggleAnything(String value) {
        Refused.naming("headers", () -> headers(Map.of("x-key", value)));
    }

    @Test
    void aHeaderIsGivenOnceInWhateverCase() {
        Refused.naming("headers", () -> headers(Map.of("X-Key", "1", "x-key", "2")));
    }

    @Test
    void thereAreAtMost64Headers() {
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 65; i++) {
            many.put("x-" + i, "v");
        }
        Refused.naming("headers", () -> headers(many));
    }

    @Test
    void headersAreKnownByNameAndSilentAboutValues() {
        StaticHeaders headers = headers(Map.of("X-Key", "hush", "Accept-Language", "hush"));
        assertThat(headers.names()).containsExactly("accept-language", "x-key");
        assertThat(headers.contains("X-KEY")).isTrue();
        assertThat(headers.toString()).contains("x-key").doesNotContain("hush");
    }

    @Test
    void endpointsAreGivenTogetherOrNotAtAll() {
        Refused.naming("oauth_config.token_url", () -> with(NOTHING, "authorizeUrl", A_URL));
        Refused.naming("oauth_config.authorize_url", () -> with(NOTHING, "tokenUrl", A_URL));
        assertThat(GIVEN.namesEndpoints()).isTrue();
        assertThat(NOTHING.namesEndpoints()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"javascript:alert(1)", "as.example", "https://me:pw@as.example/x"})
    void everyUrlMustBeOne(String url) {
        Refused.naming("oauth_config.authorize_url", () -> with(GIVEN, "authorizeUrl", url));
        Refused.naming("oauth_config.token_url", () -> with(GIVEN, "tokenUrl", url));
        Refused.naming("oauth_config.registration_url", () -> with(GIVEN, "registrationUrl", url));
        Refused.naming("oauth_config.revocation_url", () -> with(GIVEN, "revocationUrl", url));
    }

    @Test
    void aSecretNeedsItsClientAndAMethodItsSecret() {
        Refused.naming(
                "oauth_config.client_id",
                () -> with(NOTHING, "clientSecret", new ClientSecret("s")));
        OAuthSettings publicClient = with(NOTHING, "clientId", new ClientIdentifier("c"));
        Refused.naming(
                "oauth_config.client_secret",
                () -> with(publicClient, METHOD, TokenEndpointAuthMethod.CLIENT_SECRET_BASIC));
        assertThat(with(publicClient, METHOD, TokenEndpointAuthMethod.NONE)).isNotNull();
        assertThat(with(NOTHING, METHOD, TokenEndpointAuthMethod.CLIENT_SECRET_POST)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "state",
                "client_id",
                "redirect_uri",
                "code_challenge",
                "code_challenge_method",
                "resource",
                "scope",
                "response_type",
                "response_mode",
                "request",
                "request_uri",
                "",
                "a b",
                "a&b"
            })
    void aParameterThatCarriesTheSecurityOfTheRequestIsOurs(String name) {
        Refused.naming("oauth_config.authorize_params", () -> withParameters(Map.of(name, "x")));
    }

    @Test
    void additionalParametersAreBounded() {
        Refused.naming(
                "oauth_config.authorize_params",
                () -> withParameters(Map.of("x", "v".repeat(2049))));
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 33; i++) {
            many.put("p" + i, "v");
        }
        Refused.naming("oauth_config.authorize_params", () -> withParameters(many));
    }

    @Test
    void whatTheGrantWasIssuedForNeedsANewOneWhenItChanges() {
        Map<String, Object> changes =
                Map.of(
                        "issuer",
                        new Issuer("https://other.example"),
                        "clientId",
                        new ClientIdentifier("other"),
                        "authorizeUrl",
                        A_URL,
                        "tokenUrl",
                        A_URL,
                        "registrationUrl",
                        A_URL,
                        "resource",
                        new ResourceIdentifier("https://other.example"));
        changes.forEach((component, value) ->
                assertThat(with(GIVEN, component, value).needsNewGrantAfter(GIVEN))
                        .as(component)
                        .isTrue());
        assertThat(
                        Changed.in(
                                        GIVEN,
                                        "exceptions",
                                        new AcceptedQuirks(Set.of(Quirk.OMIT_RESOURCE)))
                                .needsNewGrantAfter(GIVEN))
                .isTrue();
        assertThat(Changed.in(GIVEN, "scopes", Scopes.of("other")).needsNewGrantAfter(GIVEN))
                .isTrue();
        assertThat(Changed.in(GIVEN, "dpop", DpopPolicy.ALWAYS).needsNewGrantAfter(GIVEN)).isTrue();
    }

    @Test
    void whatTheGrantWasNotIssuedForLeavesItAlone() {
        Map<String, Object> changes =
                Map.of(
                        "clientSecret",
                        new ClientSecret("rotated"),
                        "revocationUrl",
                        A_URL,
                        METHOD,
                        TokenEndpointAuthMethod.CLIENT_SECRET_POST);
        changes.forEach((component, value) ->
                assertThat(with(GIVEN, component, value).needsNewGrantAfter(GIVEN))
                        .as(component)
                        .isFalse());
        assertThat(GIVEN.needsNewGrantAfter(GIVEN)).isFalse();
        assertThat(
                        Changed.in(GIVEN, "authorizeParams", Map.of("prompt", "consent"))
                                .needsNewGrantAfter(GIVEN))
                .isFalse();
    }

    @Test
    void aSecretThatWouldGoElsewhereIsNoticed() {
        Map<String, Object> changes =
                Map.of(
                        "issuer", new Issuer("https://other.example"),
                        "clientId", new ClientIdentifier("other"),
                        "authorizeUrl", A_URL,
                        "tokenUrl", A_URL,
                        "revocationUrl", A_URL);
        changes.forEach((component, value) ->
                assertThat(
                                with(GIVEN, component, value)
                                        .sendsElsewhereThan(GIVEN, OAuthSecret.CLIENT_SECRET))
                        .as(component)
                        .isTrue());
        assertThat(
                        Changed.in(GIVEN, "scopes", Scopes.of("other"))
                                .sendsElsewhereThan(GIVEN, OAuthSecret.CLIENT_SECRET))
                .isFalse();
    }

    @Test
    void anotherServerNeedsAnotherGrant() {
        ClientSettings before = settings(oauth(NOTHING), "https://mcp.example/a");
        ClientSettings after = settings(oauth(NOTHING), "https://mcp.example/b");
        assertThat(new SettingsChange(before, after).endsGrant()).isTrue();
        assertThat(new SettingsChange(before, before).endsGrant()).isFalse();
        ClientSettings open = settings(new ClientAuth.None(), "https://mcp.example/a");
        ClientSettings other = settings(new ClientAuth.None(), "https://mcp.example/b");
        assertThat(new SettingsChange(open, other).endsGrant()).isFalse();
        assertThat(new SettingsChange(open, before).endsGrant()).isTrue();
    }

    @Test
    void anotherConnectionNeedsAnotherLiveOne() {
        ClientSettings before = settings(oauth(NOTHING), StaticHeaders.NONE);
        ClientSettings after = settings(oauth(NOTHING), headers(Map.of("x-tenant", "1")));
        assertThat(new SettingsChange(before, after).endsConnection()).isTrue();
        assertThat(new SettingsChange(before, before).endsConnection()).isFalse();
    }

    @Test
    void everyFieldThatChangedIsNamedAndNoValueIs() {
        ClientSettings before = settings(oauth(GIVEN), "https://mcp.example/a");
        assertThat(new SettingsChange(before, before).fields()).isEmpty();
        ClientSettings moved = settings(oauth(GIVEN), "https://mcp.example/b");
        assertThat(new SettingsChange(before, moved).fields()).containsExactly("connection_string");

        Map<String, Object> changes = new HashMap<>();
        changes.put("issuer", Optional.of(new Issuer("https://other.example")));
        changes.put("clientId", Optional.of(new ClientIdentifier("other")));
        changes.put("clientSecret", Optional.of(new ClientSecret("rotated")));
        changes.put("registrationUrl", Optional.of(A_URL));
        changes.put("revocationUrl", Optional.of(A_URL));
        changes.put("authorizeUrl", Optional.of(A_URL));
        changes.put("tokenUrl", Optional.of(A_URL));
        changes.put("scopes", Scopes.of("other"));
        changes.put("resource", Optional.of(new ResourceIdentifier("https://mcp.example")));
        changes.put(METHOD, Optional.of(TokenEndpointAuthMethod.CLIENT_SECRET_POST));
        changes.put("authorizeParams", Map.of("prompt", "consent"));
        changes.put("dpop", DpopPolicy.ALWAYS);
        changes.put("exceptions", new AcceptedQuirks(Set.of(Quirk.OMIT_RESOURCE)));
        changes.forEach((component, value) ->
                assertThat(
                                new SettingsChange(
                                                before,
                                                settings(
                                                        oauth(Changed.in(GIVEN, component, value)),
                                                        "https://mcp.example/a"))
                                        .fields())
                        .as(component)
                        .singleElement()
                        .asString()
                        .startsWith("oauth_config."));
        // Those that cannot change alone: two that another one forbids.
        assertThat(OAuthSettings.class.getRecordComponents()).hasSize(changes.size() + 2);
    }

    /** MCP "Scope Selection Strategy"; "-" is nothing, and then the parameter is left out. */
    @ParameterizedTest
    @CsvSource({
        // the operator, the challenge, the resource, the authorization server -> what is asked for
        "-,    -,              read write, -,                     read write",
        "-,    deep,           read write, -,                     deep",
        "-,    -,              -,          -,                     -",
        "-,    -,              -,          read,                  -",
        "-,    -,              -,          offline_access,        -",
        "-,    -,              read,       read offline_access,   read offline_access",
        "-,    deep,           read,       offline_access,        deep offline_access",
        "-,    deep,           -,          read,                  deep",
        "mine, deep,           read,       offline_access,        mine",
        "-,    offline_access, read,       -,                     offline_access"
    })
    void scopesAreChosenInTheOrderOfMcp(
            String entered, String challenged, String listed, String known, String asked) {
        AccessChallenge challenge =
                AccessChallenge.parse(List.of("Bearer scope=\"" + words(challenged) + "\""));
        AuthorizationServer server =
                new AuthorizationServer(
                        new Issuer("https://as.example"),
                        Optional.of(URI.create("https://as.example/authorize")),
                        URI.create("https://as.example/token"),
                        Optional.empty(),
                        Optional.empty(),
                        Scopes.parse(words(known)),
                        List.of(),
                        List.of(),
                        Set.of(),
                        PkceSupport.ANNOUNCED,
                        true,
                        false,
                        Set.of());

        Scopes chosen =
                Changed.in(NOTHING, "scopes", Scopes.parse(words(entered)))
                        .scopesToAsk(challenge, Scopes.parse(words(listed)), server);

        assertThat(chosen).isEqualTo(Scopes.parse(words(asked)));
    }

    /** The issuer's own metadata, or the place, must say so for the issuer to stand for both. */
    @ParameterizedTest
    @CsvSource({
        "https://as.example/token,    false, https://as.example/token,   true",
        "https://as.example/token,    false, https://as.example,         true",
        "https://as.example/token,    false, https://other.example,      false",
        "https://other.example/token, false, https://as.example,         true",
        "https://other.example/token, true,  https://as.example,         false",
        "https://other.example/token, true,  https://other.example/token, true",
        "https://as.example/token,    true,  https://as.example,         true"
    })
    void anAssertionIsShownToWhomItNames(
            String endpoint, boolean byHand, String audience, boolean shown) {
        OAuthSettings settings = byHand ? GIVEN : NOTHING;

        assertThat(
                        settings.mayShowAssertion(
                                Set.of(audience),
                                new Issuer("https://as.example"),
                                URI.create(endpoint)))
                .isEqualTo(shown);
    }

    private static String words(String cell) {
        return cell.equals("-") ? "" : cell;
    }

    /** The table "Changes of settings" of {@code docs/lifecycle.md}. */
    @ParameterizedTest
    @CsvSource({
        "issuer,          ends,  superseded",
        "clientId,        ends,  superseded",
        "authorizeUrl,    ends,  superseded",
        "tokenUrl,        ends,  superseded",
        "registrationUrl, ends,  superseded",
        "scopes,          ends,  superseded",
        "resource,        ends,  superseded",
        "exceptions,      ends,  superseded",
        "dpop,            ends,  superseded",
        "revocationUrl,   stays, superseded",
        "authorizeParams, stays, superseded",
        "clientSecret,    stays, stays",
        "tokenEndpointAuthMethod, stays, stays"
    })
    void whatAChangeDoesToGrantAndLink(String component, String grant, String link) {
        Object changed =
                switch (component) {
                    case "issuer" -> Optional.of(new Issuer("https://other.example"));
                    case "clientId" -> Optional.of(new ClientIdentifier("other"));
                    case "scopes" -> Scopes.of("other");
                    case "resource" -> Optional.of(new ResourceIdentifier("https://o.example"));
                    case "exceptions" -> new AcceptedQuirks(Set.of(Quirk.OMIT_RESOURCE));
                    case "dpop" -> DpopPolicy.ALWAYS;
                    case "authorizeParams" -> Map.of("prompt", "consent");
                    case "clientSecret" -> Optional.of(new ClientSecret("rotated"));
                    case METHOD -> Optional.of(TokenEndpointAuthMethod.CLIENT_SECRET_POST);
                    default -> Optional.of(A_URL);
                };
        SettingsChange change =
                new SettingsChange(
                        settings(oauth(GIVEN), StaticHeaders.NONE),
                        settings(oauth(Changed.in(GIVEN, component, changed)), StaticHeaders.NONE));

        assertThat(change.endsGrant()).isEqualTo(grant.equals("ends"));
        assertThat(change.endsLinks()).isEqualTo(link.equals("superseded"));
        assertThat(change.affectsAuth()).isTrue();
        assertThat(change.endsConnection()).isFalse();
    }

    @Test
    void aSecretThatThereWasNotEndsTheLink() {
        OAuthSettings open = Changed.in(GIVEN, "clientSecret", Optional.empty());
        SettingsChange change =
                new SettingsChange(
                        settings(oauth(open), StaticHeaders.NONE),
                        settings(oauth(GIVEN), StaticHeaders.NONE));

        assertThat(change.endsGrant()).isFalse();
        assertThat(change.endsLinks()).isTrue();
    }

    private static OAuthSettings with(OAuthSettings settings, String component, Object value) {
        return Changed.in(settings, component, Optional.of(value));
    }

    private static OAuthSettings withParameters(Map<String, String> parameters) {
        return Changed.in(NOTHING, "authorizeParams", parameters);
    }

    private static ClientAuth.OAuth oauth(OAuthSettings settings) {
        return new ClientAuth.OAuth(new OAuthConfigId("oauth_1"), settings);
    }

    private static ClientSettings settings(ClientAuth auth, StaticHeaders headers) {
        return settings(
                auth, headers, "https://mcp.example", Duration.ofSeconds(1), Optional.empty());
    }

    private static ClientSettings settings(ClientAuth auth, String server) {
        return settings(auth, StaticHeaders.NONE, server, Duration.ofSeconds(1), Optional.empty());
    }

    private static ClientSettings timing(Duration execution, Optional<Duration> sync) {
        return settings(
                new ClientAuth.None(), StaticHeaders.NONE, "https://mcp.example", execution, sync);
    }

    private static ClientSettings settings(
            ClientAuth auth,
            StaticHeaders headers,
            String server,
            Duration execution,
            Optional<Duration> sync) {
        return new ClientSettings(
                new ClientName("files"),
                new EndpointSlug("files"),
                new Connection(
                        new ServerUri(server),
                        Transport.STREAMABLE_HTTP,
                        Optional.empty(),
                        Optional.empty(),
                        headers),
                auth,
                new ToolSelection.All(),
                execution,
                sync,
                false);
    }

    private static StaticHeaders headers(Map<String, String> byName) {
        Map<String, StaticHeaders.Value> values = new HashMap<>();
        byName.forEach((name, value) -> values.put(name, new StaticHeaders.Value(value)));
        return new StaticHeaders(values);
    }
}
