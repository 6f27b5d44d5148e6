package dev.mooring.adapter.rest.security;

import static java.lang.System.Logger.Level.WARNING;

import dev.mooring.adapter.rest.edge.Answer;
import dev.mooring.adapter.rest.edge.ApiError;
import dev.mooring.adapter.rest.edge.ErrorAnswers;
import dev.mooring.adapter.rest.edge.ErrorCode;
import dev.mooring.adapter.rest.edge.RefusedException;
import dev.mooring.adapter.rest.edge.Reply;
import dev.mooring.adapter.rest.edge.RequestTrace;
import dev.mooring.adapter.rest.edge.Routes;
import dev.mooring.application.Acting;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.audit.Actor;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.SetCookie;
import io.helidon.http.Status;
import io.helidon.security.AuthenticationResponse;
import io.helidon.security.Security;
import io.helidon.security.SecurityContext;
import io.helidon.security.providers.oidc.OidcFeature;
import io.helidon.security.providers.oidc.common.OidcConfig;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;

import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Signing in with a browser: the authorization code flow of OpenID Connect Core 1.0 section 3.1,
 * done by Helidon's OIDC feature. This decides where it starts ({@value #SIGN_IN}), that it ends on
 * our own front page and nowhere else, and what a failure looks like.
 */
public final class BrowserSignIn {
    /** Leads to the issuer. */
    public static final String SIGN_IN = "/sign-in";

    /** Forgets the tokens. */
    public static final String SIGN_OUT = "/sign-out";

    /** Where the issuer sends the browser back to. */
    public static final String REDIRECT = "/oidc/redirect";

    /** The names of our two faces among the providers. */
    static final String PROVIDER = "browser";

    static final String REDIRECTING = "browser-redirect";

    private static final System.Logger LOG = System.getLogger(BrowserSignIn.class.getName());
    private static final String LANDING = "/";
    private static final Duration ISSUER_TIMEOUT = Duration.ofSeconds(5);

    private final OidcConfig config;
    private final BrowserAuthentication.ForgettableIssuer issuer;
    private final CookieOpening opening = new CookieOpening();

    /** Turns of their own: who is not signed in must not take any from those who are. */
    private final CookieOpening arriving = new CookieOpening();

    private final BrowserAuthentication authentication;
    private final ErrorAnswers errors;
    private final boolean https;

    BrowserSignIn(
            OidcIssuer oidc,
            OidcIssuer.Browser browser,
            URI publicUrl,
            InstantSource clock,
            ErrorAnswers errors) {
        this.errors = errors;
        https = publicUrl.getScheme().equals("https");
        // With this prefix browsers take a cookie only from this host, for all paths, over TLS.
        String prefix = (https ? "__Host-" : "") + "mooring_";
        config =
                OidcConfig.builder()
                        .identityUri(oidc.issuer())
                        .issuer(oidc.issuer().toString())
                        .audience(oidc.audience())
                        .clientId(browser.clientId())
                        .clientSecret(browser.clientSecret().value())
                        .clientTimeout(ISSUER_TIMEOUT)
                        .frontendUri(withoutTrailingSlash(publicUrl.toString()))
                        .redirectUri(REDIRECT)
                        .redirect(true)
                        .useHeader(false)
                        .useParam(false)
                        .useCookie(true)
                        .cookieName(prefix + "access")
                        .cookieNameIdToken(prefix + "id")
                        .cookieNameRefreshToken(prefix + "refresh")
                        .cookieTenantName(prefix + "tenant")
                        .cookieNameState(prefix + "state")
                        .cookieHttpOnly(true)
                        .cookieSecure(https)
                        // Strict would hide the state cookie when the issuer sends the browser
                        // back; changes are guarded by the check of their origin.
                        .cookieSameSite(SetCookie.SameSite.LAX)
                        .cookieEncryptionEnabled(true)
                        .cookieEncryptionPassword(browser.cookies().value().toCharArray())
                        // A proxy or a roaming laptop changes the address of an honest browser.
                        .accessTokenIpCheck(false)
                        .build();
        issuer = new BrowserAuthentication.ForgettableIssuer(config);
        authentication = new BrowserAuthentication(config, issuer, oidc, opening, clock);
    }

    BrowserAuthentication authentication() {
        return authentication;
    }

    /** Helidon's part: it redeems the code and sets the cookies. */
    public HttpFeature redirectFeature() {
        return OidcFeature.builder()
                .config(config)
                .discoverTenantConfigProviders(false)
                .addTenantConfigFinder(issuer)
                .build();
    }

    /** {@code GET /sign-in}: sends the browser to the issuer. */
    public Reply signIn(ServerRequest request) {
        SecurityContext context = SecurityGate.contextOf(request);
        // Helidon redirects to the address it finds here when the sign-in is done. Nothing of the
        // request may decide it, or the redirect would be open to everybody.
        context.env(
                context.env()
                        .derive()
                        .clearHeaders()
                        .path(LANDING)
                        .header(Security.HEADER_ORIG_URI, LANDING)
                        .build());
        try {
            // The answer has an encrypted cookie, which costs as much as to open one.
            Optional<AuthenticationResponse> inTurn =
                    arriving.inTurn(() ->
                            context.atnClientBuilder().explicitProvider(REDIRECTING).submit());
            if (inTurn.isEmpty()) {
                return ErrorAnswers.overloaded();
            }
            AuthenticationResponse response = inTurn.get();
            Map<String, List<String>> headers = response.responseHeaders();
            setCookies(headers.getOrDefault("Set-Cookie", List.of()));
            return Answer.empty(Status.FOUND_302)
                    .with(
                            HeaderNames.LOCATION,
                            headers.getOrDefault("Location", List.of()).getFirst());
        } catch (RuntimeException e) {
            LOG.log(WARNING, "The OIDC issuer cannot be asked: {0}", e.getClass().getName());
            return issuerUnavailable();
        }
    }

    /** {@code POST /sign-out}: the browser forgets its tokens; the issuer's session lives on. */
    public Answer signOut(ServerRequest request) {
        setCookies(
                Stream.of(
                                config.tokenCookieHandler(),
                                config.idTokenCookieHandler(),
                                config.refreshTokenCookieHandler(),
                                config.tenantCookieHandler(),
                                config.stateCookieHandler())
                        .map(cookie -> removalOf(cookie.cookieName()))
                        .toList());
        return Answer.empty(Status.SEE_OTHER_303).with(HeaderNames.LOCATION, LANDING);
    }

    /**
     * Helidon's own always says Secure, and over plain http a browser ignores such a cookie (RFC
     * 6265bis section 5.7), so the token would stay.
     */
    private String removalOf(String cookieName) {
        return SetCookie.builder(cookieName, "")
                .path("/")
                .expires(Instant.EPOCH)
                .httpOnly(true)
                .secure(https)
                .sameSite(SetCookie.SameSite.LAX)
                .build()
                .toString();
    }

    private static void setCookies(List<String> values) {
        RequestTrace.current().ifPresent(trace -> trace.setCookies(values));
    }

    /** {@code GET /oidc/redirect}, when Helidon's handler has left it to us. */
    public Reply unanswered(ServerRequest request) {
        return failed();
    }

    /**
     * Stands before Helidon's handler of the redirect, which would repeat an issuer's error text,
     * fail on a cookie that is not ours, and redirect to wherever the cookie says.
     *
     * @param refusals is told of those that fail
     * @param signedIn is told of those that succeed, by the roles of who acts then
     */
    public void guardRedirect(
            FilterChain chain,
            RoutingRequest request,
            RoutingResponse response,
            Routes.Refusals refusals,
            Consumer<Set<Role>> signedIn) {
        if (!request.path().path().equals(REDIRECT)
                || !request.prologue().method().equals(Method.GET)) {
            chain.proceed();
            return;
        }
        RequestTrace.current().ifPresent(trace -> trace.matched(REDIRECT));
        if (isAnswerToOurs(request)) {
            response.streamFilter(out -> ended(request, response, out, refusals, signedIn));
            chain.proceed();
        } else {
            refused(request, ErrorCode.SIGN_IN_FAILED, refusals);
            throw new RefusedException(failed());
        }
    }

    /** Called when Helidon's answer is ready, and before anything of it is sent. */
    private OutputStream ended(
            RoutingRequest request,
            RoutingResponse response,
            OutputStream out,
            Routes.Refusals refusals,
            Consumer<Set<Role>> signedIn) {
        if (response.status().code() >= Status.BAD_REQUEST_400.code()) {
            ApiError why = reasonOfFailure();
            if (why.status() < Status.INTERNAL_SERVER_ERROR_500.code()) {
                refused(request, ErrorCode.SIGN_IN_FAILED, refusals);
            }
            return errors.replacement(response, why, out);
        }
        AuthenticationResponse who = whoHas(response, request);
        int status = who.statusCode().orElse(0);
        if (status == Status.FORBIDDEN_403.code()) {
            refused(request, ErrorCode.ROLE_INSUFFICIENT, refusals);
        } else if (status == Status.UNAUTHORIZED_401.code()) {
            // Not for our audience, say: Helidon takes the tokens into cookies without a look.
            refused(request, ErrorCode.CREDENTIAL_INVALID, refusals);
        } else {
            record(request, Verified.callerOf(who), signedIn);
        }
        return out;
    }

    /** The issuer let the person in; that the trail is away keeps nobody out. */
    private static void record(
            RoutingRequest request, Optional<Caller> caller, Consumer<Set<Role>> signedIn) {
        try {
            Acting.as(
                    Routes.party(caller.map(Actor::of).orElse(Actor.UNKNOWN), request),
                    () -> signedIn.accept(caller.map(Caller::roles).orElse(Set.of())));
        } catch (StoreUnavailableException e) {
            LOG.log(WARNING, "A sign-in is not in the trail: {0}", e.getMessage());
        }
    }

    private static void refused(RoutingRequest request, ErrorCode code, Routes.Refusals refusals) {
        refusals.refused(Routes.party(Actor.UNKNOWN, request), "GET " + REDIRECT, code.word());
    }

    /** Asks with the cookies that were just set, as the browser will. */
    private AuthenticationResponse whoHas(RoutingResponse response, RoutingRequest request) {
        SecurityContext context = SecurityGate.contextOf(request);
        String renewal = config.refreshTokenCookieHandler().cookieName() + "=";
        String cookies =
                response.headers().all(HeaderNames.SET_COOKIE, List::of).stream()
                        .map(cookie -> cookie.split(";", 2)[0])
                        // What is removed has no value.
                        .filter(cookie -> cookie.indexOf('=') < cookie.length() - 1)
                        // It can be used once, and that is for the browser to do.
                        .filter(cookie -> !cookie.startsWith(renewal))
                        .collect(Collectors.joining("; "));
        context.env(context.env().derive().clearHeaders().header("Cookie", cookies).build());
        return context.atnClientBuilder().explicitProvider(PROVIDER).submit();
    }

    private boolean isAnswerToOurs(RoutingRequest request) {
        if (!request.query().contains("code") || !request.query().contains("state")) {
            return false;
        }
        return switch (arriving.open(
                config.stateCookieHandler(), SecurityGate.contextOf(request).env().headers())) {
            case CookieOpening.Opened.Content(String state) ->
                    CookieOpening.member(state, "originalUri").filter(LANDING::equals).isPresent();
            case CookieOpening.Opened.Absent absent -> false;
            case CookieOpening.Opened.Junk junk -> false;
            // To whoever signs in honestly meanwhile it must not look like a failure.
            case CookieOpening.Opened.Busy busy ->
                    throw new RefusedException(ErrorAnswers.overloaded());
        };
    }

    private ApiError reasonOfFailure() {
        return authentication.issuerAnswers() ? failed() : issuerUnavailable();
    }

    private static ApiError failed() {
        return ApiError.of(
                ErrorCode.SIGN_IN_FAILED, "The sign-in was refused or is too old; start it again");
    }

    static ApiError issuerUnavailable() {
        return ApiError.of(
                        ErrorCode.ISSUER_UNAVAILABLE,
                        "The OIDC issuer cannot be reached now; try again soon")
                .retryAfter(ErrorAnswers.RETRY_SOON);
    }

    private static String withoutTrailingSlash(String url) {
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }
}
