package dev.mooring.application.modelcheck;

import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.McpConnector;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.application.port.ScriptedConnector;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.mcp.Inventory;
import dev.mooring.domain.mcp.ProtocolVersion;
import dev.mooring.domain.mcp.ServerProfile;
import dev.mooring.domain.mcp.Tool;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.AuthorizationCode;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An authorization server and the MCP server behind it, which know what really happened. As strict
 * as the strictest real ones: a code is good once and its repetition ends what came of it; refresh
 * tokens rotate, and one that comes again ends all tokens of its consent (RFC 9700 section 4.14);
 * with new tokens the old access token ends too.
 */
final class ModelServer implements TokenEndpoint, RevocationEndpoint, McpConnector {
    static final Duration LIFETIME = Duration.ofHours(1);

    /** The tokens of one consent: only those of the newest generation are good. */
    private record Family(
            ClientIdentifier client,
            int generation,
            Instant since,
            Set<Integer> stored,
            boolean ended) {

        Family {
            stored = Set.copyOf(stored);
        }

        Family next(Instant now) {
            return new Family(client, generation + 1, now, stored, ended);
        }

        Family asStored(int issue) {
            Set<Integer> more = new HashSet<>(stored);
            more.add(issue);
            return new Family(client, generation, since, more, ended);
        }

        Family end() {
            return new Family(client, generation, since, stored, true);
        }
    }

    private final MutableClock clock;
    private final boolean forgiving;
    private final Map<String, Family> families = new HashMap<>();
    private final Set<String> redeemed = new HashSet<>();
    private final Map<RefreshToken, Integer> arrivals = new HashMap<>();

    /**
     * Nobody has consented to anything.
     *
     * @param forgiving refuses a refresh token that comes again, and leaves it at that
     */
    ModelServer(MutableClock clock, boolean forgiving) {
        this.clock = clock;
        this.forgiving = forgiving;
    }

    Object key() {
        return List.of(Map.copyOf(families), Set.copyOf(redeemed), Map.copyOf(arrivals));
    }

    @Override
    public TokenEndpoint.Answer redeem(CodeRedemption redemption, Budget budget) {
        String family = redemption.code().value();
        if (!redeemed.add(family)) {
            families.computeIfPresent(family, (name, known) -> known.end());
            return new TokenEndpoint.Answer.Refused(OAuthError.INVALID_GRANT);
        }
        families.put(
                family,
                new Family(
                        redemption.credentials().clientId(), 1, clock.instant(), Set.of(), false));
        return new TokenEndpoint.Answer.Issued(tokens(family, redemption.scopes()));
    }

    @Override
    public TokenEndpoint.Answer refresh(TokenRefresh refresh, Budget budget) {
        arrivals.merge(refresh.refreshToken(), 1, Integer::sum);
        String name = familyOf(refresh.refreshToken().value());
        Family family = families.get(name);
        if (family.ended()) {
            return new TokenEndpoint.Answer.Refused(OAuthError.INVALID_GRANT);
        }
        if (generationOf(refresh.refreshToken().value()) != family.generation()) {
            families.put(name, forgiving ? family : family.end());
            return new TokenEndpoint.Answer.Refused(OAuthError.INVALID_GRANT);
        }
        families.put(name, family.next(clock.instant()));
        return new TokenEndpoint.Answer.Issued(tokens(name, refresh.scopes()));
    }

    private TokenSet tokens(String family, Scopes scopes) {
        String name = family + "/" + families.get(family).generation();
        return new TokenSet(
                new AccessToken("access/" + name),
                TokenType.BEARER,
                Optional.of(new RefreshToken("refresh/" + name)),
                Optional.of(clock.instant().plus(LIFETIME)),
                scopes);
    }

    static String familyOf(String token) {
        return token.substring(token.indexOf('/') + 1, token.lastIndexOf('/'));
    }

    private static int generationOf(String token) {
        return Integer.parseInt(token.substring(token.lastIndexOf('/') + 1));
    }

    @Override
    public TokenEndpoint.Answer ask(DirectRequest request, Budget budget) {
        throw new UnsupportedOperationException("Somebody consents to every grant here");
    }

    @Override
    public ExchangeAnswer exchange(TokenExchange exchange, Budget budget) {
        throw new UnsupportedOperationException("Somebody consents to every grant here");
    }

    @Override
    public RevocationEndpoint.Answer revoke(Revocation revocation, Budget budget) {
        families.computeIfPresent(
                familyOf(revocation.tokens().accessToken().value()), (name, known) -> known.end());
        return new RevocationEndpoint.Answer.Revoked();
    }

    @Override
    public ConnectAnswer connect(Target target, Budget budget) {
        return accepts(target)
                ? new ConnectAnswer.Accepted(inventory())
                : new ConnectAnswer.Challenged(401, ScriptedConnector.CHALLENGE);
    }

    @Override
    public ConnectAnswer probe(Connection connection, Budget budget) {
        return new ConnectAnswer.Challenged(401, ScriptedConnector.CHALLENGE);
    }

    @Override
    public CallAnswer call(Target target, ToolCall call, Budget budget) {
        return accepts(target)
                ? new CallAnswer.Returned("[]", false)
                : new CallAnswer.Challenged(401, ScriptedConnector.CHALLENGE);
    }

    @Override
    public Set<ClientId> connected() {
        return Set.of();
    }

    @Override
    public void disconnect(ClientId client) {}

    @Override
    public void disconnectUnless(ClientId client, Connection current) {}

    private static Inventory inventory() {
        return new Inventory(
                new ServerProfile("Model", "1.0", ProtocolVersion.V2026_07_28, Optional.empty()),
                List.of(new Tool("echo", Optional.empty(), Optional.empty(), "{}")),
                MutableClock.START);
    }

    private boolean accepts(Target target) {
        Optional<AccessToken> token = target.credential().token();
        token.ifPresent(this::requireStored);
        return token.filter(this::isGood).isPresent();
    }

    private void requireStored(AccessToken token) {
        Family family = families.get(familyOf(token.value()));
        if (!family.stored().contains(generationOf(token.value()))) {
            throw Rule.R4_A_REFRESH_TOKEN_IS_REDEEMED_ONCE_AND_TOKENS_ARE_STORED_BEFORE_USE.broken(
                    "tokens were used that nobody had stored");
        }
    }

    private boolean isGood(AccessToken token) {
        Family family = families.get(familyOf(token.value()));
        return !family.ended()
                && family.generation() == generationOf(token.value())
                && clock.instant().isBefore(family.since().plus(LIFETIME));
    }

    /** Somebody consented on the page of the link with this {@code state}. */
    AuthorizationCode consent(String state) {
        return new AuthorizationCode("code-for-" + state);
    }

    /** These tokens are in the database. */
    void stored(TokenSet tokens) {
        families.computeIfPresent(
                familyOf(tokens.accessToken().value()),
                (name, family) -> family.asStored(generationOf(tokens.accessToken().value())));
    }

    int arrivals(RefreshToken token) {
        return arrivals.getOrDefault(token, 0);
    }

    boolean wasRedeemed(AuthorizationCode code) {
        return redeemed.contains(code.value());
    }

    /** Whether the refresh token would be taken. */
    boolean takes(TokenSet tokens) {
        Family family = families.get(familyOf(tokens.accessToken().value()));
        return !family.ended() && family.generation() == generationOf(tokens.accessToken().value());
    }

    /** Whether tokens were issued that never came into the database: the window of rule 5. */
    boolean issuedInVain() {
        return families.values().stream().anyMatch(ModelServer::endsInVain);
    }

    /** The same for the tokens of this consent. */
    boolean issuedInVain(AuthorizationCode code) {
        return Optional.ofNullable(families.get(code.value()))
                .filter(ModelServer::endsInVain)
                .isPresent();
    }

    private static boolean endsInVain(Family family) {
        return !family.stored().contains(family.generation());
    }

    /** The consents whose tokens are good, by the name of their code. */
    List<String> alive() {
        List<String> alive = new ArrayList<>();
        families.forEach((name, family) -> {
            if (!family.ended()) {
                alive.add(name);
            }
        });
        return alive;
    }

    /** Whether the newest tokens of this consent were ever stored. */
    boolean isStored(String name) {
        return !endsInVain(families.get(name));
    }

    static String consentOf(TokenSet tokens) {
        return familyOf(tokens.accessToken().value());
    }
}
