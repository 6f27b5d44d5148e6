package dev.mooring.adapter.oauth;

import dev.mooring.adapter.http.OutboundAnswer;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.application.port.TokenEndpoint.ExchangeAnswer;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a token endpoint answered (RFC 6749 sections 5.1 and 5.2), read with an eye on what real
 * servers send instead.
 *
 * @param members those of the JSON object, or of the form that some servers answer with
 */
record TokenAnswer(OutboundAnswer answer, JsonObject members) {
    private static final Duration LONGEST_LIFE = Duration.ofDays(3650);

    // RFC 6749 appendices A.12 and A.17, without the blank, which no header could carry.
    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7E]{1,16384}");

    /** RFC 6749 section 5.2 and RFC 8707 section 2: final, whatever status they come with. */
    private static final Set<String> REFUSALS =
            Set.of(
                    "invalid_request",
                    "invalid_client",
                    "invalid_grant",
                    "unauthorized_client",
                    "unsupported_grant_type",
                    "invalid_scope",
                    "invalid_target");

    /** Words that other specifications have for "not now". */
    private static final Set<String> OUTAGES =
            Set.of(
                    "server_error",
                    "temporarily_unavailable",
                    "slow_down",
                    // One nonce was tried already; the next request has the newest.
                    "use_dpop_nonce");

    /** GitHub's own words, sent with status 200. */
    private static final Map<String, String> DIALECT =
            Map.of(
                    "bad_verification_code", "invalid_grant",
                    "bad_refresh_token", "invalid_grant",
                    "incorrect_client_credentials", "invalid_client");

    /** Whatever the content type says: some servers send JSON as {@code text/plain}. */
    static TokenAnswer of(OutboundAnswer answer) {
        return new TokenAnswer(
                answer,
                JsonObject.parse(answer.body()).orElseGet(() -> JsonObject.ofForm(answer.body())));
    }

    /**
     * @param asked the scopes that were asked for
     * @param proven whether the request carried a proof, so that the token may be bound to its key
     * @param sent when the request was sent: the life of the token is counted from here, so that it
     *     never ends before we think so
     */
    Answer read(Scopes asked, boolean proven, Instant sent, InstantSource clock) {
        return error().map(error -> refused(error, clock))
                .orElseGet(() -> isSuccess() ? issued(asked, proven, sent) : failed(clock));
    }

    /** RFC 9449 section 8: the server has looked at the proof and at nothing else. */
    boolean wantsNonce() {
        return error().filter(OAuthError.USE_DPOP_NONCE.code()::equals).isPresent();
    }

    /** RFC 8693 section 2.2.1: the member is called access_token, whatever is in it. */
    ExchangeAnswer readExchange(InstantSource clock) {
        if (error().isPresent()) {
            return switch (refused(error().get(), clock)) {
                case Answer.Refused refused -> new ExchangeAnswer.Refused(refused.error());
                case Answer.Unavailable unavailable ->
                        new ExchangeAnswer.Failed(unavailable.problem());
                case Answer.Doubtful doubtful -> new ExchangeAnswer.Failed(doubtful.problem());
                case Answer.Lost lost -> new ExchangeAnswer.Failed(lost.problem());
                case Answer.Issued issued -> throw new AssertionError("An error issues nothing");
            };
        }
        Optional<String> token =
                members.text("access_token")
                        .filter(text -> isSuccess() && TOKEN.matcher(text).matches());
        // What is no assertion of the kind that was asked for must not go to another party.
        boolean asAsked =
                members.text("issued_token_type").filter(OAuthRequest.ID_JAG::equals).isPresent();
        return token.filter(text -> asAsked)
                .<ExchangeAnswer>map(text -> new ExchangeAnswer.Exchanged(new Assertion(text)))
                .orElseGet(() ->
                        new ExchangeAnswer.Failed(
                                Upstream.AUTHORIZATION_SERVER.broken(
                                        "answered the token exchange with status "
                                                + answer.status()
                                                + " and no identity assertion")));
    }

    /** The OAuth error, even where it comes with status 200. */
    Optional<String> error() {
        return members.text("error").map(word -> DIALECT.getOrDefault(word, word));
    }

    boolean isSuccess() {
        return answer.status() >= 200 && answer.status() < 300;
    }

    /** The server has trouble or has had enough of us, which may pass. */
    boolean isOutage() {
        return answer.status() == 408 || answer.status() == 429 || answer.status() >= 500;
    }

    private Answer refused(String error, InstantSource clock) {
        boolean mayPass = OUTAGES.contains(error) || (isOutage() && !REFUSALS.contains(error));
        return mayPass ? unavailable(clock) : new Answer.Refused(new OAuthError(error));
    }

    private Answer failed(InstantSource clock) {
        return switch (answer.status()) {
            // A gateway gave up waiting for the server behind it, which may have gone on.
            case 504 ->
                    new Answer.Lost(
                            Upstream.AUTHORIZATION_SERVER.broken("was too slow for its gateway"));
            case 503 -> unavailable(clock);
            default ->
                    answer.status() >= 500
                            ? new Answer.Doubtful(status(), answer.retryAfter(clock))
                            : unavailable(clock);
        };
    }

    private Answer unavailable(InstantSource clock) {
        return new Answer.Unavailable(status(), answer.retryAfter(clock));
    }

    private Problem status() {
        return Upstream.AUTHORIZATION_SERVER.broken(
                "answered the token request with status " + answer.status());
    }

    private Answer issued(Scopes asked, boolean proven, Instant sent) {
        Optional<String> accessToken = members.text("access_token");
        if (accessToken.isEmpty() || !TOKEN.matcher(accessToken.get()).matches()) {
            return unusable("issued no access token that can be used");
        }
        // RFC 6749 section 5.1 compares without regard to case and wants the member to be there;
        // section 7.1 forbids tokens of a type that we do not understand.
        Optional<TokenType> type =
                TokenType.find(members.text("token_type").orElse(TokenType.BEARER.word()))
                        .filter(known -> proven || known == TokenType.BEARER);
        if (type.isEmpty()) {
            return unusable("issued a token of a type that was not asked for");
        }
        return new Answer.Issued(
                new TokenSet(
                        new AccessToken(accessToken.get()),
                        type.get(),
                        members.text("refresh_token")
                                .filter(token -> TOKEN.matcher(token).matches())
                                .map(RefreshToken::new),
                        life().map(sent::plus),
                        scopes().orElse(asked)));
    }

    /** Issued is issued: the code is used up, whatever we can do with the answer. */
    private static Answer unusable(String what) {
        return new Answer.Lost(Upstream.AUTHORIZATION_SERVER.broken(what));
    }

    /** RFC 6749 section 5.1: seconds, if said at all. Zero is how some servers say "for ever". */
    private Optional<Duration> life() {
        return members.wholeNumber("expires_in")
                .filter(seconds -> seconds > 0)
                .map(seconds -> Math.min(seconds, LONGEST_LIFE.toSeconds()))
                .map(Duration::ofSeconds);
    }

    /** RFC 6749 section 5.1: absent means as asked. A few servers send a list. */
    private Optional<Scopes> scopes() {
        List<String> list = members.texts("scope");
        return members.text("scope")
                .map(Scopes::parse)
                .or(() -> Optional.of(Scopes.lenient(list)))
                .filter(scopes -> !scopes.isEmpty());
    }
}
