package dev.mooring.party;

import com.fasterxml.jackson.databind.node.ObjectNode;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A strict OAuth 2 authorization server: metadata (RFC 8414 and OpenID Connect Discovery), dynamic
 * registration and its management (RFC 7591, 7592), the authorization code grant with PKCE S256
 * only (RFC 7636), resource indicators (RFC 8707), refresh tokens that rotate, revocation (RFC
 * 7009) and {@code iss} in the authorization response (RFC 9207). Also, where that is asked for,
 * the grants that need no person: client credentials (RFC 6749 section 4.4), assertions (RFC 7523)
 * and, as an identity provider, token exchange (RFC 8693).
 *
 * <p>Consent is given at once by a redirect, or by a form. Everything received, and every request
 * it had to refuse, is there to be asserted on. It is honest until told to {@link #misbehave}.
 */
public final class AuthorizationServerParty implements AutoCloseable {

    /** What can misbehave. */
    public enum Endpoint {
        METADATA,
        REGISTRATION,
        CLIENT_MANAGEMENT,
        AUTHORIZATION,
        TOKEN,
        REVOCATION,
        NOWHERE
    }

    /** Where a metadata document is published, for an issuer that may have a path. */
    public enum Document {
        /** RFC 8414 §3.1: the well-known part is inserted before the issuer's path. */
        OAUTH,
        /** The same for OpenID Connect's well-known name (RFC 8414 §5). */
        OIDC_INSERTED,
        /** OpenID Connect Discovery §4: the well-known part is appended to the issuer's path. */
        OIDC_APPENDED
    }

    /** What the person does at the authorization endpoint. */
    public enum Person {
        CONSENTS,
        CONSENTS_BY_FORM,
        DENIES
    }

    /** How a party is to be; start from {@link #settings()}. */
    public static final class Settings {
        private String issuerPath = "";
        private Set<Document> documents = EnumSet.of(Document.OAUTH, Document.OIDC_APPENDED);
        private int noSuchDocument = 404;
        private boolean announcesIss = true;
        private boolean registers = true;
        private boolean refreshes = true;
        private boolean mindsResources = true;
        private Set<String> refusedScopes = Set.of();
        private Set<String> scopes = new LinkedHashSet<>(List.of("mcp:tools", "mcp:admin"));
        private Set<String> authMethods =
                new LinkedHashSet<>(List.of("none", "client_secret_basic", "client_secret_post"));
        private Duration accessTokenLifetime = Duration.ofHours(1);
        private Set<String> grantTypes =
                new LinkedHashSet<>(List.of("authorization_code", "refresh_token"));
        private boolean binds;
        private boolean wantsNonces;

        private Settings() {}

        /**
         * The path of the issuer: empty, {@code "/"} for a trailing slash, or {@code "/tenant"}.
         */
        public Settings issuerPath(String path) {
            issuerPath = path;
            return this;
        }

        /** The only metadata documents published. */
        public Settings documents(Document first, Document... more) {
            documents = EnumSet.of(first, more);
            return this;
        }

        /** The status of every path where nothing is; 405 is seen in the wild. */
        public Settings noSuchDocument(int status) {
            noSuchDocument = status;
            return this;
        }

        /** Neither announces nor sends {@code iss} (RFC 9207). */
        public Settings withoutIss() {
            announcesIss = false;
            return this;
        }

        /** Knows only clients that were registered by hand. */
        public Settings withoutRegistration() {
            registers = false;
            return this;
        }

        /** Issues access tokens only. */
        public Settings withoutRefreshTokens() {
            refreshes = false;
            return this;
        }

        /** Does not know resource indicators: its tokens are for everybody (RFC 8707). */
        public Settings ignoringResources() {
            mindsResources = false;
            return this;
        }

        /** Refuses these scopes although it lists them, as for want of a permission. */
        public Settings refusing(String... unwanted) {
            refusedScopes = Set.of(unwanted);
            return this;
        }

        /** The scopes it knows; any other is refused. */
        public Settings scopes(String... known) {
            scopes = new LinkedHashSet<>(List.of(known));
            return this;
        }

        /** The authentication methods of its token endpoint. */
        public Settings authMethods(String... methods) {
            authMethods = new LinkedHashSet<>(List.of(methods));
            return this;
        }

        /** Grants to machines as well: client credentials, and the words of whom it trusts. */
        public Settings grantingWithoutAPerson() {
            grantTypes.addAll(List.of(CLIENT_CREDENTIALS, JWT_BEARER, TOKEN_EXCHANGE));
            authMethods.add("private_key_jwt");
            return this;
        }

        /** How long access tokens live; an hour unless said otherwise. */
        public Settings accessTokenLifetime(Duration lifetime) {
            accessTokenLifetime = lifetime;
            return this;
        }

        /** Takes proofs of possession, and binds the tokens to their keys (RFC 9449). */
        public Settings binding() {
            binds = true;
            return this;
        }

        /** The same, and proofs must have its nonce (RFC 9449 §8). */
        public Settings bindingWithNonces() {
            wantsNonces = true;
            return binding();
        }

        /** Starts the party on a free loopback port. */
        public AuthorizationServerParty start() {
            return new AuthorizationServerParty(this);
        }
    }

    private static final String COOKIE = "party_session";
    private static final String CLIENT_CREDENTIALS = "client_credentials";
    private static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

    private final Settings settings;
    private final Script<Endpoint> script = new Script<>();
    private final ClientRegistry clients;
    private final TokenDesk tokens;
    private final List<String> refusals = new CopyOnWriteArrayList<>();
    private final Map<String, Supplier<Answer>> openForms = new ConcurrentHashMap<>();
    private final DpopJudge judge;
    private final AssertionDesk assertions;
    private final LoopbackServer server;
    private volatile Person person = Person.CONSENTS;

    private AuthorizationServerParty(Settings settings) {
        this.settings = settings;
        this.clients = new ClientRegistry(settings.authMethods);
        this.tokens = new TokenDesk(settings.accessTokenLifetime, settings.refreshes);
        this.judge = new DpopJudge(settings.wantsNonces);
        this.server = LoopbackServer.start(this::answer);
        this.assertions = new AssertionDesk(issuer());
    }

    /** Settings of a well-equipped server, to be varied. */
    public static Settings settings() {
        return new Settings();
    }

    /** Starts a well-equipped server. */
    public static AuthorizationServerParty start() {
        return settings().start();
    }

    /** The issuer identifier (RFC 8414 §2), exactly as its metadata says it. */
    public String issuer() {
        return server.origin() + settings.issuerPath;
    }

    /** The absolute address of an endpoint, whether or not it is announced. */
    public String address(Endpoint endpoint) {
        return server.origin() + path(endpoint);
    }

    /** Misbehaves at this endpoint until {@link #behave()}. */
    public void misbehave(Endpoint endpoint, Mischief mischief) {
        script.always(endpoint, mischief);
    }

    /** Misbehaves at the next request to this endpoint; calls queue up. */
    public void misbehaveOnce(Endpoint endpoint, Mischief mischief) {
        script.once(endpoint, mischief);
    }

    /** Is honest again. */
    public void behave() {
        script.clear();
    }

    /** What the person does from now on. */
    public void person(Person does) {
        person = does;
    }

    /** Registers a client by hand; an empty secret means the method {@code none}. */
    public void preregister(String clientId, String secret, String authMethod, String redirectUri) {
        clients.add(
                new RegisteredClient(
                        clientId,
                        secret,
                        authMethod,
                        Set.of(redirectUri),
                        Set.of("authorization_code", "refresh_token"),
                        "registration-" + UUID.randomUUID(),
                        Answer.JSON.createObjectNode()));
    }

    /**
     * Registers a machine by hand, for one grant type that needs no person. It has no redirect URI,
     * and gets no refresh tokens.
     */
    public void preregisterMachine(
            String clientId, String secret, String authMethod, String grantType) {
        clients.add(machine(clientId, secret, authMethod, grantType));
    }

    /** The same for one that proves itself by signatures of this key (RFC 7523 section 2.2). */
    public void preregisterSigning(
            String clientId, String algorithm, PublicKey key, String grantType) {
        clients.add(
                machine(clientId, "", "private_key_jwt", grantType),
                new ClientAssertionJudge(issuer(), clientId, algorithm, key));
    }

    private static RegisteredClient machine(
            String clientId, String secret, String authMethod, String grantType) {
        return new RegisteredClient(
                clientId,
                secret,
                authMethod,
                Set.of(),
                Set.of(grantType),
                "registration-" + UUID.randomUUID(),
                Answer.JSON.createObjectNode());
    }

    /** Takes the assertions of this issuer, signed by this key, for grants (RFC 7523). */
    public void trust(String assertionIssuer, String algorithm, PublicKey key) {
        assertions.trust(assertionIssuer, algorithm, key);
    }

    /**
     * Is an identity provider from now on: vouches, by signatures of this key (ES256), for the
     * person whom this token signs in (RFC 8693).
     */
    public void vouchFor(String subjectToken, String subject, PrivateKey key) {
        assertions.vouchWith(key);
        assertions.signedIn(subjectToken, subject);
    }

    /** Forgets a client, so that its next request is {@code invalid_client}. */
    public void forgetClient(String clientId) {
        clients.forget(clientId);
    }

    /** Lets every access token issued so far expire; refresh tokens stay good. */
    public void expireAccessTokens() {
        tokens.expireAccessTokens();
    }

    /** Wants another nonce from now on. */
    public void changeNonce() {
        judge.changeNonce();
    }

    /** Ends every grant, as a person does who withdraws the consent at the provider. */
    public void endGrants() {
        tokens.endGrants();
    }

    /** How long access tokens issued from now on live. */
    public void accessTokenLifetime(Duration lifetime) {
        tokens.lifetime(lifetime);
    }

    /** What a resource server is told about an access token; empty unless it is good now. */
    public Optional<IssuedToken> lookUp(String accessToken) {
        return tokens.lookUp(accessToken);
    }

    /** The clients registered now. */
    public List<RegisteredClient> clients() {
        return clients.all();
    }

    /** How often any code came to the token endpoint's honest part. */
    public int redemptions() {
        return tokens.redemptions();
    }

    /** How often the code that came most often came; anything above one is a client's fault. */
    public int mostRedemptionsOfOneCode() {
        return tokens.mostRedemptionsOfOneCode();
    }

    /** Of how many consents a refresh token is good. */
    public long refreshableGrants() {
        return tokens.refreshableGrants();
    }

    /** The tokens handed in for revocation, in order. */
    public List<String> revoked() {
        return tokens.revoked();
    }

    /**
     * Every error it answered with on its own account, in order: a conformant client causes none.
     */
    public List<String> refusals() {
        return List.copyOf(refusals);
    }

    /** Everything received, in order. */
    public List<Received> received() {
        return server.received();
    }

    /** Everything received at this endpoint, in order. */
    public List<Received> received(Endpoint endpoint) {
        return received().stream().filter(request -> endpoint(request) == endpoint).toList();
    }

    @Override
    public void close() {
        server.close();
    }

    private Answer answer(Received request) {
        Endpoint endpoint = endpoint(request);
        return script.play(
                endpoint,
                request,
                () -> {
                    try {
                        return honest(endpoint, request);
                    } catch (OAuthRefusal refusal) {
                        refusals.add(refusal.getMessage());
                        return refusal.answer();
                    }
                });
    }

    private Answer honest(Endpoint endpoint, Received request) {
        return switch (endpoint) {
            case METADATA -> only("GET", request, () -> Answer.json(200, metadata()));
            case REGISTRATION -> only("POST", request, () -> register(request));
            case CLIENT_MANAGEMENT -> clients.manage(request, lastSegment(request.path()));
            case AUTHORIZATION ->
                    request.method().equals("POST")
                            ? submit(request)
                            : only("GET", request, () -> authorize(request));
            case TOKEN -> only("POST", request, () -> token(request));
            case REVOCATION -> only("POST", request, () -> revoke(request));
            case NOWHERE -> Answer.empty(settings.noSuchDocument);
        };
    }

    private Endpoint endpoint(Received request) {
        String path = request.path();
        if (settings.documents.stream().anyMatch(document -> path.equals(path(document)))) {
            return Endpoint.METADATA;
        }
        if (path.startsWith(path(Endpoint.CLIENT_MANAGEMENT))) {
            return Endpoint.CLIENT_MANAGEMENT;
        }
        return EnumSet.complementOf(
                        EnumSet.of(Endpoint.METADATA, Endpoint.CLIENT_MANAGEMENT, Endpoint.NOWHERE))
                .stream()
                .filter(each -> path.equals(path(each)))
                .findFirst()
                .orElse(Endpoint.NOWHERE);
    }

    private String path(Endpoint endpoint) {
        return switch (endpoint) {
            case METADATA -> path(settings.documents.iterator().next());
            case REGISTRATION -> issuerBase() + "/register";
            case CLIENT_MANAGEMENT -> issuerBase() + "/register/";
            case AUTHORIZATION -> issuerBase() + "/authorize";
            case TOKEN -> issuerBase() + "/token";
            case REVOCATION -> issuerBase() + "/revoke";
            case NOWHERE -> "/nowhere";
        };
    }

    // RFC 8414 §3.1: a trailing slash of the issuer is dropped before the well-known part is put
    // in.
    private String path(Document document) {
        return switch (document) {
            case OAUTH -> "/.well-known/oauth-authorization-server" + issuerBase();
            case OIDC_INSERTED -> "/.well-known/openid-configuration" + issuerBase();
            case OIDC_APPENDED -> issuerBase() + "/.well-known/openid-configuration";
        };
    }

    private String issuerBase() {
        return settings.issuerPath.equals("/") ? "" : settings.issuerPath;
    }

    private ObjectNode metadata() {
        ObjectNode document = Answer.JSON.createObjectNode();
        document.put("issuer", issuer());
        document.put("authorization_endpoint", address(Endpoint.AUTHORIZATION));
        document.put("token_endpoint", address(Endpoint.TOKEN));
        document.put("revocation_endpoint", address(Endpoint.REVOCATION));
        if (settings.registers) {
            document.put("registration_endpoint", address(Endpoint.REGISTRATION));
        }
        document.putArray("response_types_supported").add("code");
        document.putPOJO("grant_types_supported", settings.grantTypes);
        document.putArray("code_challenge_methods_supported").add("S256");
        document.putPOJO("token_endpoint_auth_methods_supported", settings.authMethods);
        document.putPOJO("revocation_endpoint_auth_methods_supported", settings.authMethods);
        document.putPOJO("scopes_supported", settings.scopes);
        if (settings.announcesIss) {
            document.put("authorization_response_iss_parameter_supported", true);
        }
        if (settings.binds) {
            document.putArray("dpop_signing_alg_values_supported").add("PS256").add("ES256");
        }
        return document;
    }

    private Answer register(Received request) {
        return settings.registers
                ? clients.register(request, address(Endpoint.CLIENT_MANAGEMENT))
                : Answer.empty(404);
    }

    private Answer authorize(Received request) {
        Parameters query = request.query();
        // RFC 6749 §4.1.2.1: with an unknown client or redirect URI the person is told, and the
        // browser is never sent on.
        RegisteredClient client =
                clients.find(query.text("client_id"))
                        .orElseThrow(() -> invalidRequest("This client is unknown."));
        String redirectUri = query.text("redirect_uri");
        OAuthRefusal.unless(
                client.redirectUris().contains(redirectUri),
                "invalid_request",
                "This redirect URI is not registered.");
        try {
            checkAuthorization(query);
        } catch (OAuthRefusal refusal) {
            refusals.add(refusal.getMessage());
            return sendBack(query, refusal.error(), refusal.description());
        }
        return switch (person) {
            case CONSENTS -> grant(client, query);
            case CONSENTS_BY_FORM -> ask(() -> grant(client, query));
            case DENIES -> sendBack(query, "access_denied", "The person <b>said</b> no.");
        };
    }

    private void checkAuthorization(Parameters query) {
        OAuthRefusal.unless(
                query.repeated().isEmpty(), "invalid_request", "A parameter is repeated.");
        OAuthRefusal.unless(
                query.text("response_type").equals("code"),
                "unsupported_response_type",
                "Only the response type code is supported.");
        // RFC 7636 §4.4.1: a server that requires PKCE says so when the challenge is missing.
        OAuthRefusal.unless(
                query.text("code_challenge_method").equals("S256")
                        && query.text("code_challenge").matches("[A-Za-z0-9_-]{43}"),
                "invalid_request",
                "A PKCE challenge by S256 is required.");
        OAuthRefusal.unless(
                !query.text("state").isEmpty(), "invalid_request", "A state is required.");
        checkWish(query);
    }

    private void checkWish(Parameters query) {
        OAuthRefusal.unless(
                settings.scopes.containsAll(query.words("scope"))
                        && Collections.disjoint(settings.refusedScopes, query.words("scope")),
                "invalid_scope",
                "A scope is unknown, or not for this client.");
        // RFC 8707 §2: the resource is an absolute URI without a fragment.
        OAuthRefusal.unless(
                !settings.mindsResources || isAbsoluteWithoutFragment(query.text("resource")),
                "invalid_target",
                "A resource is required, as an absolute URI.");
    }

    private Answer grant(RegisteredClient client, Parameters query) {
        Set<String> scopes =
                query.first("scope").isPresent() ? query.words("scope") : settings.scopes;
        String code =
                tokens.issueCode(
                        client,
                        query.text("redirect_uri"),
                        query.text("code_challenge"),
                        settings.mindsResources ? query.text("resource") : "",
                        scopes,
                        settings.binds ? query.text("dpop_jkt") : "");
        return sendBack(query, Map.of("code", code));
    }

    // The form is bound to the browser by a cookie, so that only a client with a jar gets through.
    private Answer ask(Supplier<Answer> onConsent) {
        String ticket = UUID.randomUUID().toString();
        openForms.put(ticket, onConsent);
        String page =
                """
                <!doctype html><title>Consent</title>
                <form method="post" action="%s">
                <input type="hidden" name="ticket" value="%s">
                <button name="decision" value="approve">Allow</button>
                </form>
                """
                        .formatted(path(Endpoint.AUTHORIZATION), ticket);
        return Answer.text(200, "text/html; charset=utf-8", page)
                .with("Set-Cookie", COOKIE + "=" + ticket + "; Path=/; HttpOnly; SameSite=Lax");
    }

    private Answer submit(Received request) {
        String ticket = request.form().text("ticket");
        Supplier<Answer> onConsent = openForms.get(ticket);
        boolean sameBrowser =
                request.header("Cookie").orElse("").contains(COOKIE + "=" + ticket)
                        && request.form().text("decision").equals("approve");
        return onConsent == null || !sameBrowser ? Answer.empty(403) : onConsent.get();
    }

    private Answer sendBack(Parameters query, String error, String description) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("error", error);
        parameters.put("error_description", description);
        return sendBack(query, parameters);
    }

    private Answer sendBack(Parameters query, Map<String, String> result) {
        Map<String, String> parameters = new LinkedHashMap<>(result);
        query.first("state").ifPresent(state -> parameters.put("state", state));
        // RFC 9207 §2: errors carry the issuer as well.
        if (settings.announcesIss) {
            parameters.put("iss", issuer());
        }
        String encoded =
                parameters.entrySet().stream()
                        .map(each -> each.getKey() + "=" + encode(each.getValue()))
                        .collect(Collectors.joining("&"));
        String redirectUri = query.text("redirect_uri");
        return Answer.redirect(redirectUri + (redirectUri.contains("?") ? "&" : "?") + encoded);
    }

    private Answer token(Received request) {
        Parameters form = checkedForm(request);
        RegisteredClient client = clients.authenticate(request);
        Optional<String> key = Optional.empty();
        if (settings.binds && request.header("DPoP").isPresent()) {
            switch (judge.judge(request, address(Endpoint.TOKEN))) {
                case DpopJudge.Verdict.Proven(String thumbprint) -> key = Optional.of(thumbprint);
                case DpopJudge.Verdict.Refused(String reason) ->
                        throw OAuthRefusal.of("invalid_dpop_proof", reason);
                case DpopJudge.Verdict.WantsNonce(String nonce) -> {
                    return OAuthRefusal.of("use_dpop_nonce", "A nonce is wanted.")
                            .answer()
                            .with("DPoP-Nonce", nonce);
                }
            }
        }
        String grantType = form.text("grant_type");
        OAuthRefusal.unless(
                settings.grantTypes.contains(grantType),
                "unsupported_grant_type",
                "This grant is unknown.");
        OAuthRefusal.unless(
                client.grantTypes().contains(grantType),
                "unauthorized_client",
                "This client did not register for this grant.");
        return switch (grantType) {
            case "authorization_code" -> tokens.redeem(client, form, key);
            case "refresh_token" -> tokens.refresh(client, form, key);
            case CLIENT_CREDENTIALS -> {
                // RFC 6749 §4.4: for confidential clients only.
                OAuthRefusal.unless(
                        !client.authMethod().equals("none"),
                        "unauthorized_client",
                        "A public client proves nothing.");
                yield grantWithoutAPerson(client, form, key);
            }
            case JWT_BEARER -> {
                assertions.check(client, form);
                yield grantWithoutAPerson(client, form, key);
            }
            default -> assertions.exchange(client, form);
        };
    }

    private Answer grantWithoutAPerson(
            RegisteredClient client, Parameters form, Optional<String> key) {
        checkWish(form);
        return tokens.grant(
                client,
                settings.mindsResources ? form.text("resource") : "",
                form.first("scope").isPresent() ? form.words("scope") : settings.scopes,
                key);
    }

    private Answer revoke(Received request) {
        Parameters form = checkedForm(request);
        return tokens.revoke(clients.authenticate(request), form);
    }

    // RFC 6749 §3.2: parameters go in the body as a form, each at most once.
    private static Parameters checkedForm(Received request) {
        OAuthRefusal.unless(
                request.hasMediaType("application/x-www-form-urlencoded"),
                "invalid_request",
                "The body must be a form.");
        OAuthRefusal.unless(
                request.query().values().isEmpty(),
                "invalid_request",
                "Parameters belong in the body.");
        Parameters form = request.form();
        OAuthRefusal.unless(
                form.repeated().isEmpty(), "invalid_request", "A parameter is repeated.");
        return form;
    }

    private static Answer only(String method, Received request, Supplier<Answer> answer) {
        return request.method().equals(method)
                ? answer.get()
                : Answer.empty(405).with("Allow", method);
    }

    private static OAuthRefusal invalidRequest(String description) {
        return OAuthRefusal.of("invalid_request", description);
    }

    private static boolean isAbsoluteWithoutFragment(String resource) {
        try {
            URI uri = URI.create(resource);
            return uri.isAbsolute() && uri.getRawFragment() == null;
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }

    private static String lastSegment(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
