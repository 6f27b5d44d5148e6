package dev.mooring.application.port;

import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.Credential;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A token endpoint by script, as strict as a good server: it takes any code once, checks what the
 * link of that code said if it {@linkplain #issueCode made} the code, and rotates refresh tokens.
 * The n-th tokens are {@code access-n}, for an hour, and {@code refresh-n}. Where a request comes
 * with a key they are bound to it, until it is told to bind {@linkplain #bindNothing nothing}.
 */
public final class ScriptedTokenEndpoint implements TokenEndpoint {
    public static final Duration TOKEN_LIFETIME = Duration.ofHours(1);

    private final InstantSource clock;
    private final Script<CodeRedemption, Answer> redemptions = new Script<>(this::redeemed);
    private final Script<TokenRefresh, Answer> refreshes = new Script<>(this::refreshed);
    private final Script<DirectRequest, Answer> directRequests = new Script<>(this::issuedDirectly);
    private final Script<TokenExchange, ExchangeAnswer> exchanges =
            new Script<>(ScriptedTokenEndpoint::exchanged);

    private final Map<AuthorizationCode, Map<String, String>> linkOfCode = new HashMap<>();
    private final Set<AuthorizationCode> sentCodes = new HashSet<>();
    private final Set<AuthorizationCode> redeemedCodes = new HashSet<>();
    private final Set<RefreshToken> sentRefreshTokens = new HashSet<>();
    private final Map<RefreshToken, ResourceIdentifier> liveRefreshTokens = new HashMap<>();
    private final Map<RefreshToken, AccessToken> accessOf = new HashMap<>();
    private final Map<AccessToken, Live> liveAccessTokens = new HashMap<>();
    private final Map<RefreshToken, Optional<DpopKey>> keyOf = new HashMap<>();
    private boolean binds = true;
    private int issuedCodes;
    private int issuedTokens;
    private int codesSentAgain;
    private int refreshTokensSentAgain;

    /** What an access token is good for, and until when. */
    private record Live(ResourceIdentifier resource, Instant end, Optional<DpopKey> key) {}

    public ScriptedTokenEndpoint(InstantSource clock) {
        this.clock = clock;
    }

    public Script<CodeRedemption, Answer> redemptions() {
        return redemptions;
    }

    public Script<TokenRefresh, Answer> refreshes() {
        return refreshes;
    }

    /** Requests for grants that need no person: usually granted, without a refresh token. */
    public Script<DirectRequest, Answer> directRequests() {
        return directRequests;
    }

    /** Exchanges at an identity provider: usually the assertion says what it is for. */
    public Script<TokenExchange, ExchangeAnswer> exchanges() {
        return exchanges;
    }

    @Override
    public Answer redeem(CodeRedemption redemption, Budget budget) {
        noteCode(redemption.code());
        return redemptions.answer(redemption);
    }

    @Override
    public Answer refresh(TokenRefresh refresh, Budget budget) {
        noteRefreshToken(refresh.refreshToken());
        return refreshes.answer(refresh);
    }

    @Override
    public Answer ask(DirectRequest request, Budget budget) {
        return directRequests.answer(request);
    }

    @Override
    public ExchangeAnswer exchange(TokenExchange exchange, Budget budget) {
        return exchanges.answer(exchange);
    }

    /**
     * The code for a person who consented on the page of this link; it is good only for what the
     * link said.
     *
     * @param link the decoded parameters of the authorization request
     */
    public synchronized AuthorizationCode issueCode(Map<String, String> link) {
        issuedCodes++;
        AuthorizationCode code = new AuthorizationCode("code-" + issuedCodes);
        linkOfCode.put(code, Map.copyOf(link));
        return code;
    }

    /** How often a code came that had come before, whatever the answer was: must be never. */
    public synchronized int codesSentAgain() {
        return codesSentAgain;
    }

    /** How often a refresh token came that had come before, whatever the answer was. */
    public synchronized int refreshTokensSentAgain() {
        return refreshTokensSentAgain;
    }

    /** Issues bearer tokens from now on, whatever it is asked for. */
    public synchronized void bindNothing() {
        binds = false;
    }

    /** Whether a resource server at this URL would take the token, presented so. */
    public synchronized boolean accepts(Credential credential, URI server) {
        Optional<DpopKey> shown =
                credential instanceof Credential.DpopBound bound
                        ? Optional.of(bound.key())
                        : Optional.empty();
        return credential
                .token()
                .flatMap(token -> Optional.ofNullable(liveAccessTokens.get(token)))
                .filter(live -> live.key().equals(shown))
                .filter(live -> live.resource().covers(server))
                .filter(live -> clock.instant().isBefore(live.end()))
                .isPresent();
    }

    /** Makes tokens as a redemption does, for an answer that a test scripts. */
    public TokenSet issue(ResourceIdentifier resource, Scopes scopes) {
        return issue(resource, scopes, Optional.empty());
    }

    private synchronized TokenSet issue(
            ResourceIdentifier resource, Scopes scopes, Optional<DpopKey> asked) {
        Optional<DpopKey> key = asked.filter(known -> binds);
        issuedTokens++;
        AccessToken access = new AccessToken("access-" + issuedTokens);
        RefreshToken refresh = new RefreshToken("refresh-" + issuedTokens);
        Instant end = clock.instant().plus(TOKEN_LIFETIME);
        liveAccessTokens.put(access, new Live(resource, end, key));
        keyOf.put(refresh, key);
        liveRefreshTokens.put(refresh, resource);
        accessOf.put(refresh, access);
        return new TokenSet(
                access,
                key.isPresent() ? TokenType.DPOP : TokenType.BEARER,
                Optional.of(refresh),
                Optional.of(end),
                scopes);
    }

    /** Makes an access token alone, as a grant without a person brings it. */
    private synchronized TokenSet issueBare(
            ResourceIdentifier resource, Scopes scopes, Optional<DpopKey> asked) {
        Optional<DpopKey> key = asked.filter(known -> binds);
        issuedTokens++;
        AccessToken access = new AccessToken("access-" + issuedTokens);
        Instant end = clock.instant().plus(TOKEN_LIFETIME);
        liveAccessTokens.put(access, new Live(resource, end, key));
        return new TokenSet(
                access,
                key.isPresent() ? TokenType.DPOP : TokenType.BEARER,
                Optional.empty(),
                Optional.of(end),
                scopes);
    }

    /** Ends the tokens, as a revocation does. */
    public synchronized void end(TokenSet tokens) {
        liveAccessTokens.remove(tokens.accessToken());
        tokens.refreshToken().ifPresent(liveRefreshTokens::remove);
    }

    private synchronized void noteCode(AuthorizationCode code) {
        if (!sentCodes.add(code)) {
            codesSentAgain++;
        }
    }

    private synchronized void noteRefreshToken(RefreshToken token) {
        if (!sentRefreshTokens.add(token)) {
            refreshTokensSentAgain++;
        }
    }

    private synchronized Answer redeemed(CodeRedemption redemption) {
        Map<String, String> link = linkOfCode.getOrDefault(redemption.code(), Map.of());
        boolean fits =
                agrees(link, "code_challenge", redemption.verifier().challenge())
                        && agrees(link, "redirect_uri", redemption.redirectUri().value())
                        && agrees(link, "resource", sent(redemption.resource()).value())
                        && agrees(link, "client_id", redemption.credentials().clientId().value())
                        // RFC 9449 section 10: the code is bound to the key, too.
                        && link.getOrDefault("dpop_jkt", "")
                                .equals(
                                        redemption
                                                .dpopKey()
                                                .map(NumberedDpopKeys::jkt)
                                                .filter(jkt -> !link.isEmpty())
                                                .orElse(""));
        return fits && redeemedCodes.add(redemption.code())
                ? new Answer.Issued(
                        issue(
                                sent(redemption.resource()),
                                redemption.scopes(),
                                redemption.dpopKey()))
                : new Answer.Refused(OAuthError.INVALID_GRANT);
    }

    private synchronized Answer refreshed(TokenRefresh refresh) {
        Optional<ResourceIdentifier> resource =
                Optional.ofNullable(liveRefreshTokens.remove(refresh.refreshToken()))
                        .filter(sent(refresh.resource())::equals)
                        .filter(same -> proves(refresh));
        if (resource.isEmpty()) {
            return new Answer.Refused(OAuthError.INVALID_GRANT);
        }
        liveAccessTokens.remove(accessOf.remove(refresh.refreshToken()));
        return new Answer.Issued(issue(resource.get(), refresh.scopes(), refresh.dpopKey()));
    }

    /** RFC 9449 section 5: a refresh token that is bound is good only with its key. */
    private boolean proves(TokenRefresh refresh) {
        Optional<DpopKey> key = keyOf.getOrDefault(refresh.refreshToken(), Optional.empty());
        return key.isEmpty() || key.equals(refresh.dpopKey());
    }

    private Answer issuedDirectly(DirectRequest request) {
        return new Answer.Issued(
                issueBare(sent(request.resource()), request.scopes(), request.dpopKey()));
    }

    private static ExchangeAnswer exchanged(TokenExchange exchange) {
        return new ExchangeAnswer.Exchanged(
                new Assertion("id-jag-for-" + exchange.audience() + "-by-" + exchange.resource()));
    }

    /** Who names no resource gets tokens for all of {@code mcp.example}. */
    private static ResourceIdentifier sent(Optional<ResourceIdentifier> resource) {
        return resource.orElseGet(() -> new ResourceIdentifier("https://mcp.example"));
    }

    private static boolean agrees(Map<String, String> link, String name, String value) {
        return link.getOrDefault(name, value).equals(value);
    }
}
