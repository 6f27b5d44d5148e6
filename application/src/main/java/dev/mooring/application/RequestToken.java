package dev.mooring.application;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.application.port.AssertionFiles;
import dev.mooring.application.port.AuthorizationServerDiscovery;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.ExchangeAnswer;
import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.client.GrantFlow.AssertionSource;
import dev.mooring.domain.client.IdentityProvider;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * Asks for tokens that nobody has to consent to. Whatever is lost on the way is simply asked for
 * again; but a refusal is final until an operator does something, and no other grant is tried
 * instead (MCP, workload identity federation).
 */
final class RequestToken {
    private final TokenEndpoint tokenEndpoint;
    private final AuthorizationServerDiscovery discovery;
    private final AssertionFiles assertionFiles;

    RequestToken(
            TokenEndpoint tokenEndpoint,
            AuthorizationServerDiscovery discovery,
            AssertionFiles assertionFiles) {
        this.tokenEndpoint = tokenEndpoint;
        this.discovery = discovery;
        this.assertionFiles = assertionFiles;
    }

    /**
     * Whom to ask, and for what.
     *
     * @param issuer of the token endpoint
     * @param dpopKey that the tokens shall be bound to; absent: bearer tokens are asked for
     */
    record Wish(
            GrantFlow.Unattended flow,
            Issuer issuer,
            URI tokenEndpoint,
            ClientCredentials credentials,
            ResourceIdentifier resource,
            Scopes scopes,
            Optional<DpopKey> dpopKey,
            ClientSettings settings) {
        private Connection connection() {
            return settings.connection();
        }

        private boolean mayShow(AssertionFiles.Reading.Read assertion) {
            return oauth().mayShowAssertion(assertion.audience(), issuer, tokenEndpoint);
        }

        private OAuthSettings oauth() {
            return settings.oauth().orElseThrow().settings();
        }
    }

    /** What came of it. */
    sealed interface Outcome {
        record Issued(TokenSet tokens) implements Outcome {}

        /** Asking again in the same way is vain. */
        record Refused(OAuthError error, Problem problem) implements Outcome {
            ReauthorizationCause cause() {
                return new ReauthorizationCause.GrantRefused(error);
            }
        }

        /**
         * No token came; it may come the next time.
         *
         * @param retryAfter what the token endpoint of the MCP server asked for
         */
        record Failed(Problem problem, Optional<Duration> retryAfter) implements Outcome {
            Failed(Problem problem) {
                this(problem, Optional.empty());
            }
        }
    }

    private sealed interface Evidence {
        record Ready(Optional<Assertion> assertion) implements Evidence {}

        record Missing(Outcome outcome) implements Evidence {}
    }

    /**
     * Checks that this process could ask for what the settings say.
     *
     * @throws dev.mooring.domain.InvalidValueException naming the field that it could never follow
     */
    void requirePossible(ClientSettings settings) {
        boolean inFile =
                settings.unattended()
                        .filter(GrantFlow.WorkloadIdentity.class::isInstance)
                        .map(GrantFlow.WorkloadIdentity.class::cast)
                        .filter(workload -> workload.source() instanceof AssertionSource.InFile)
                        .isPresent();
        require(
                !inFile || assertionFiles.areOffered(),
                "oauth_config.assertion_file",
                "this instance reads no assertions from files (MOORING_ASSERTION_DIR)");
    }

    /** Asks once. */
    Outcome handle(Wish wish, Budget budget) {
        return switch (evidence(wish, budget)) {
            case Evidence.Missing missing -> missing.outcome();
            case Evidence.Ready ready -> ask(wish, ready.assertion(), budget);
        };
    }

    private Outcome ask(Wish wish, Optional<Assertion> assertion, Budget budget) {
        TokenEndpoint.DirectRequest request =
                new TokenEndpoint.DirectRequest(
                        wish.tokenEndpoint(),
                        wish.credentials(),
                        assertion,
                        wish.settings().exceptions().sent(wish.resource()),
                        wish.scopes(),
                        wish.dpopKey(),
                        wish.connection().trustedCa());
        return switch (tokenEndpoint.ask(request, budget)) {
            case TokenEndpoint.Answer.Issued issued -> new Outcome.Issued(issued.tokens());
            case TokenEndpoint.Answer.Refused refused ->
                    refused(
                            refused.error(),
                            Problem.Code.GRANT_REFUSED,
                            "The authorization server refuses to issue a token: ");
            case TokenEndpoint.Answer.Unavailable unavailable ->
                    new Outcome.Failed(unavailable.problem(), unavailable.retryAfter());
            case TokenEndpoint.Answer.Doubtful doubtful ->
                    new Outcome.Failed(doubtful.problem(), doubtful.retryAfter());
            case TokenEndpoint.Answer.Lost lost -> new Outcome.Failed(lost.problem());
        };
    }

    private Evidence evidence(Wish wish, Budget budget) {
        return switch (wish.flow()) {
            case GrantFlow.ClientCredentials own -> new Evidence.Ready(Optional.empty());
            case GrantFlow.WorkloadIdentity workload -> evidence(wish, workload.source());
            case GrantFlow.EnterpriseManaged managed -> evidence(wish, managed.provider(), budget);
        };
    }

    private Evidence evidence(Wish wish, AssertionSource source) {
        return switch (source) {
            case AssertionSource.Entered entered ->
                    new Evidence.Ready(Optional.of(entered.assertion()));
            case AssertionSource.InFile inFile ->
                    switch (assertionFiles.read(inFile.file())) {
                        case AssertionFiles.Reading.Read read ->
                                wish.mayShow(read)
                                        ? new Evidence.Ready(Optional.of(read.assertion()))
                                        : new Evidence.Missing(
                                                new Outcome.Failed(
                                                        meantForOthers(inFile.file(), wish)));
                        case AssertionFiles.Reading.Failed failed ->
                                new Evidence.Missing(new Outcome.Failed(failed.problem()));
                    };
        };
    }

    private static Problem meantForOthers(AssertionFile file, Wish wish) {
        return new Problem(
                Problem.Code.ASSERTION_UNREADABLE,
                "The assertion file "
                        + file
                        + " is not sent: its audience (aud) must name the token endpoint "
                        + wish.tokenEndpoint()
                        + (wish.oauth().isEndpointOf(wish.issuer(), wish.tokenEndpoint())
                                ? " or its issuer " + wish.issuer()
                                : ", as no metadata of an issuer names that endpoint"));
    }

    /** MCP "Enterprise-Managed Authorization": the first of two requests goes to the provider. */
    private Evidence evidence(Wish wish, IdentityProvider provider, Budget budget) {
        URI endpoint;
        if (provider.tokenUrl().isPresent()) {
            endpoint = URI.create(provider.tokenUrl().get());
        } else {
            switch (discovery.authorizationServer(
                    provider.issuer(), wish.connection(), AcceptedQuirks.NONE, budget)) {
                case ServerAnswer.Failed failed -> {
                    return new Evidence.Missing(new Outcome.Failed(ofProvider(failed.problem())));
                }
                case ServerAnswer.Found found -> endpoint = found.server().tokenEndpoint();
            }
        }
        TokenEndpoint.TokenExchange exchange =
                new TokenEndpoint.TokenExchange(
                        endpoint,
                        provider.credentials(),
                        provider.subjectToken(),
                        provider.subjectTokenType(),
                        wish.issuer(),
                        wish.resource(),
                        wish.scopes(),
                        wish.connection().trustedCa());
        return switch (tokenEndpoint.exchange(exchange, budget)) {
            case ExchangeAnswer.Exchanged exchanged ->
                    new Evidence.Ready(Optional.of(exchanged.assertion()));
            case ExchangeAnswer.Failed failed ->
                    new Evidence.Missing(new Outcome.Failed(ofProvider(failed.problem())));
            case ExchangeAnswer.Refused refused ->
                    new Evidence.Missing(
                            refused(
                                    refused.error(),
                                    Problem.Code.IDENTITY_PROVIDER_REFUSED,
                                    "The identity provider refuses to vouch for us: "));
        };
    }

    private static Outcome refused(OAuthError error, Problem.Code code, String what) {
        return error.isFinalForTokens()
                ? new Outcome.Refused(error, new Problem(code, what + error))
                : new Outcome.Failed(
                        new Problem(Problem.Code.AUTHORIZATION_SERVER_BROKEN, what + error));
    }

    /** A token that is not bound as it was asked to be must not be used. */
    static Problem notBound() {
        return new Problem(
                Problem.Code.TOKEN_NOT_BOUND,
                "The authorization server issued a token that is not bound to our key");
    }

    private static Problem ofProvider(Problem problem) {
        return new Problem(problem.code(), "Identity provider: " + problem.message());
    }
}
