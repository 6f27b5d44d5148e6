package dev.mooring.adapter.rest.security;

import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.RequestTrace;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.adapter.rest.edge.Routes.Verdict;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Permission;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.security.AuthenticationResponse;
import io.helidon.security.CompositeProviderFlag;
import io.helidon.security.CompositeProviderSelectionPolicy;
import io.helidon.security.Security;
import io.helidon.security.SecurityContext;
import io.helidon.security.spi.AuditProvider;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.security.SecurityHttpFeature;

import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Admits a caller to a guarded route, or says why not: 401 without a credential that counts, 403
 * with one that may not do this, 503 when nobody can tell. Never a redirect.
 */
public final class SecurityGate implements Routes.Gate {
    private static final String API_KEYS = "api-key";
    private static final String BEARER = "bearer";
    private static final HeaderName X_API_KEY = HeaderNames.create("x-api-key");
    private static final HeaderName SEC_FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
    private static final HeaderName SEC_FETCH_MODE = HeaderNames.create("Sec-Fetch-Mode");
    private static final Set<Method> SAFE_METHODS = Set.of(Method.GET, Method.HEAD, Method.OPTIONS);

    private final Security security;
    private final Optional<BrowserSignIn> browser;
    private final String ownOrigin;

    /**
     * Sets the providers up; the issuer is not asked before it is needed.
     *
     * @param publicUrl where browsers find us; a change from a signed-in browser must come from
     *     there
     */
    public SecurityGate(
            ApiKeys keys,
            Optional<OidcIssuer> issuer,
            URI publicUrl,
            InstantSource clock,
            ErrorAnswers errors) {
        ownOrigin = originOf(publicUrl);
        browser =
                issuer.flatMap(oidc ->
                        oidc.browser()
                                .map(client ->
                                        new BrowserSignIn(oidc, client, publicUrl, clock, errors)));
        Security.Builder builder =
                Security.builder()
                        .addAuthenticationProvider(
                                new ApiKeyAuthentication(keys, issuer.isPresent()), API_KEYS)
                        // The access log has the callers; Helidon's audit would repeat what
                        // providers say.
                        .addAuditProvider(silence());
        CompositeProviderSelectionPolicy.Builder policy =
                CompositeProviderSelectionPolicy.builder()
                        .addAuthenticationProvider(API_KEYS, CompositeProviderFlag.SUFFICIENT);
        issuer.ifPresent(oidc -> {
            builder.addAuthenticationProvider(
                    new BearerAuthentication(new BearerTokens(oidc, clock), oidc.roles()), BEARER);
            policy.addAuthenticationProvider(BEARER, CompositeProviderFlag.SUFFICIENT);
        });
        browser.ifPresent(signIn -> {
            builder.addAuthenticationProvider(signIn.authentication(), BrowserSignIn.PROVIDER);
            builder.addAuthenticationProvider(
                    signIn.authentication().redirecting(), BrowserSignIn.REDIRECTING);
        });
        security = builder.providerSelectionPolicy(policy.build()).build();
    }

    /** Gives each request the security context that the gate works with. */
    public SecurityHttpFeature contextFeature() {
        return SecurityHttpFeature.create(security);
    }

    /** Signing in with a browser, if an issuer and our client there are configured. */
    public Optional<BrowserSignIn> browserSignIn() {
        return browser;
    }

    @Override
    public boolean isShownOne(ServerRequest request) {
        return request.headers().contains(HeaderNames.AUTHORIZATION)
                || request.headers().contains(X_API_KEY)
                || request.headers().contains(HeaderNames.COOKIE);
    }

    @Override
    public Verdict admit(ServerRequest request, Permission needed) {
        AuthenticationResponse header = contextOf(request).atnClientBuilder().submit();
        return switch (header.status()) {
            case SUCCESS, SUCCESS_FINISH -> admitted(header, needed);
            case FAILURE, FAILURE_FINISH -> new Verdict.Unknown(error(request, header));
            case ABSTAIN -> admitBrowser(request, needed);
        };
    }

    @Override
    public Optional<Caller> signedIn(ServerRequest request) {
        return switch (admitBrowser(request, Permission.READ_CLIENTS)) {
            case Verdict.Admitted admitted -> Optional.of(admitted.caller());
            case Verdict.Refused refused -> Optional.of(refused.caller());
            case Verdict.Unknown unknown -> Optional.empty();
        };
    }

    private Verdict admitBrowser(ServerRequest request, Permission needed) {
        if (browser.isEmpty() || !request.headers().contains(HeaderNames.COOKIE)) {
            return new Verdict.Unknown(missing(request));
        }
        AuthenticationResponse cookie =
                contextOf(request)
                        .atnClientBuilder()
                        .explicitProvider(BrowserSignIn.PROVIDER)
                        .submit();
        RequestTrace.current()
                .ifPresent(trace ->
                        trace.setCookies(
                                cookie.responseHeaders().getOrDefault("Set-Cookie", List.of())));
        return switch (cookie.status()) {
            case SUCCESS, SUCCESS_FINISH ->
                    isFromElsewhere(request)
                            ? new Verdict.Refused(callerOf(cookie), crossSite())
                            : admitted(cookie, needed);
            case FAILURE, FAILURE_FINISH -> new Verdict.Unknown(error(request, cookie));
            case ABSTAIN -> new Verdict.Unknown(missing(request));
        };
    }

    private static Caller callerOf(AuthenticationResponse response) {
        return Verified.callerOf(response).orElseThrow();
    }

    private static Verdict admitted(AuthenticationResponse response, Permission needed) {
        Caller caller = callerOf(response);
        return caller.may(needed)
                ? new Verdict.Admitted(caller)
                : new Verdict.Refused(caller, lacking(caller, needed));
    }

    private static ApiError lacking(Caller caller, Permission needed) {
        return caller.mayByRole(needed)
                ? ApiError.of(
                        ErrorCode.SCOPE_INSUFFICIENT,
                        "This needs the scope " + needed.scope() + ", which the key does not have")
                : ApiError.of(
                        ErrorCode.ROLE_INSUFFICIENT,
                        "This needs "
                                + needed.scope()
                                + ", which is beyond the role "
                                + caller.roleWords());
    }

    /**
     * Whether a change comes from a page that is not ours. A browser sends its cookies along
     * whoever made it send the request; but it says where that came from (Fetch Metadata, or the
     * Origin of RFC 6454 section 7), and a request that hides it is not believed.
     */
    public boolean isFromElsewhere(ServerRequest request) {
        if (SAFE_METHODS.contains(request.prologue().method())) {
            return false;
        }
        return request.headers()
                .first(SEC_FETCH_SITE)
                .map(site -> !site.equals("same-origin"))
                .orElseGet(() ->
                        !request.headers()
                                .first(HeaderNames.ORIGIN)
                                .filter(ownOrigin::equals)
                                .isPresent());
    }

    private static ApiError error(ServerRequest request, AuthenticationResponse response) {
        response.throwable().ifPresent(SecurityGate::rethrow);
        return switch (response.statusCode().orElse(401)) {
            case 403 ->
                    ApiError.of(
                            ErrorCode.ROLE_INSUFFICIENT, "The caller has none of the roles here");
            case 503 ->
                    Verified.isBusy(response)
                            ? ErrorAnswers.overloaded()
                            : BrowserSignIn.issuerUnavailable();
            default -> challenged(request, bad(response), ", error=\"invalid_token\"");
        };
    }

    private static ApiError bad(AuthenticationResponse response) {
        return Verified.isExpired(response)
                ? ApiError.of(ErrorCode.CREDENTIAL_EXPIRED, "The API key has expired")
                : ApiError.of(
                        ErrorCode.CREDENTIAL_INVALID,
                        "The credential is unknown, revoked or not for us");
    }

    private static ApiError missing(ServerRequest request) {
        return challenged(
                request,
                ApiError.of(
                        ErrorCode.CREDENTIAL_MISSING,
                        "Send a credential: Authorization: Bearer or Basic, or x-api-key"),
                "");
    }

    /** The error for a change that comes {@linkplain #isFromElsewhere from elsewhere}. */
    public static ApiError crossSite() {
        return ApiError.of(
                ErrorCode.CROSS_SITE_REQUEST,
                "A signed-in browser may change things only from our own pages");
    }

    private static ApiError challenged(
            ServerRequest request, ApiError error, String bearerParameters) {
        String bearer = "Bearer realm=\"mooring\"" + bearerParameters;
        // A page's own request must not make the browser ask its user for a password.
        boolean fromPage = request.headers().contains(SEC_FETCH_MODE);
        return error.with(
                fromPage
                        ? HeaderValues.create(HeaderNames.WWW_AUTHENTICATE, bearer)
                        : HeaderValues.create(
                                HeaderNames.WWW_AUTHENTICATE,
                                bearer,
                                "Basic realm=\"mooring\", charset=\"UTF-8\""));
    }

    static SecurityContext contextOf(ServerRequest request) {
        return request.context()
                .get(SecurityContext.class)
                .orElseThrow(() -> new IllegalStateException("The context feature is missing"));
    }

    private static AuditProvider silence() {
        return () -> event -> {};
    }

    private static void rethrow(Throwable cause) {
        if (cause instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        throw new IllegalStateException("A provider failed", cause);
    }

    private static String originOf(URI url) {
        int port = url.getPort();
        return url.getScheme() + "://" + url.getHost() + (port < 0 ? "" : ":" + port);
    }
}
