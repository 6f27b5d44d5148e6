package dev.mooring.adapter.rest.security;

import static java.lang.System.Logger.Level.WARNING;

import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Role;

import io.helidon.common.crypto.CryptoException;
import io.helidon.security.AuthenticationResponse;
import io.helidon.security.ProviderRequest;
import io.helidon.security.SecurityResponse.SecurityStatus;
import io.helidon.security.Subject;
import io.helidon.security.jwt.Jwt;
import io.helidon.security.providers.common.TokenCredential;
import io.helidon.security.providers.oidc.OidcProvider;
import io.helidon.security.providers.oidc.common.OidcConfig;
import io.helidon.security.providers.oidc.common.OidcCookieHandler;
import io.helidon.security.providers.oidc.common.TenantConfig;
import io.helidon.security.providers.oidc.common.spi.TenantConfigFinder;
import io.helidon.security.spi.AuthenticationProvider;

import jakarta.json.JsonArray;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The cookies of a browser that signed in at the issuer. Helidon's OIDC provider checks and renews
 * them; this adds our roles, makes it forget the issuer's keys once they seem to have been rotated,
 * tells an issuer that is away from a bad cookie, and turns Helidon's redirects into plain
 * refusals, because an API call must never be redirected.
 */
final class BrowserAuthentication implements AuthenticationProvider {
    private static final System.Logger LOG =
            System.getLogger(BrowserAuthentication.class.getName());

    private final OidcProvider provider;
    private final OidcCookieHandler accessTokenCookie;
    private final CookieOpening opening;
    private final ForgettableIssuer issuer;
    private final RoleNames roles;
    private final Duration refreshInterval;
    private final InstantSource clock;
    private final IssuerKeys keys;
    private final ReentrantLock looking = new ReentrantLock();

    /** How often we looked whether the issuer has other keys; written by who holds the lock. */
    private volatile int looks;

    private long lastLookMillis;
    private boolean answered;

    BrowserAuthentication(
            OidcConfig config,
            ForgettableIssuer issuer,
            OidcIssuer oidc,
            CookieOpening opening,
            InstantSource clock) {
        this.issuer = issuer;
        this.opening = opening;
        this.roles = oidc.roles();
        this.refreshInterval = oidc.refreshInterval();
        this.clock = clock;
        this.keys = new IssuerKeys(oidc.issuer());
        this.accessTokenCookie = config.tokenCookieHandler();
        this.provider =
                OidcProvider.builder()
                        .oidcConfig(config)
                        .useJwtGroups(false)
                        .discoverTenantConfigProviders(false)
                        .discoverTenantIdProviders(false)
                        .addTenantConfigFinder(issuer)
                        .build();
    }

    /** Helidon's provider itself, which answers a browser without cookies with a redirect. */
    OidcProvider redirecting() {
        return provider;
    }

    @Override
    public AuthenticationResponse authenticate(ProviderRequest request) {
        try {
            switch (opening.open(accessTokenCookie, request.env().headers())) {
                case CookieOpening.Opened.Absent absent -> {
                    return AuthenticationResponse.abstain();
                }
                case CookieOpening.Opened.Junk junk -> {
                    return Verified.refused();
                }
                case CookieOpening.Opened.Busy busy -> {
                    return Verified.busy();
                }
                case CookieOpening.Opened.Content(String content) -> {
                    // Anybody gets a cookie of another kind from us, and may send it as this one.
                    if (CookieOpening.member(content, "accessToken").isEmpty()) {
                        return Verified.refused();
                    }
                }
            }
            int seen = looks;
            AuthenticationResponse first = provider.authenticate(request);
            if (first.status() == SecurityStatus.SUCCESS) {
                return withRole(first);
            }
            if (!issuerAnswers(seen)) {
                return Verified.unavailable();
            }
            return looks == seen ? Verified.refused() : withRole(provider.authenticate(request));
        } catch (CryptoException | IllegalArgumentException notOurCookie) {
            return Verified.refused();
        } catch (RuntimeException e) {
            LOG.log(WARNING, "The OIDC issuer cannot be asked: {0}", e.getClass().getName());
            return Verified.unavailable();
        }
    }

    /** Whether the issuer gave its keys when it was asked last; asks if that was a while ago. */
    boolean issuerAnswers() {
        return issuerAnswers(looks);
    }

    /**
     * The cookies decrypt, so they are ours; if their tokens are refused the reason may be that the
     * issuer is away, so that they cannot be renewed, or that it rotated its keys, which Helidon
     * would never notice. It forgets the keys it has only when others can be had. A page sends
     * several requests at once: one looks, and the others wait for what it finds.
     *
     * @param seen the looks there had been when the cookies were checked
     */
    private boolean issuerAnswers(int seen) {
        looking.lock();
        try {
            long now = clock.millis();
            if (looks == seen && now - lastLookMillis >= refreshInterval.toMillis()) {
                lastLookMillis = now;
                answered = keys.canBeHad();
                if (answered) {
                    issuer.forget();
                }
                looks = seen + 1;
            }
            return answered;
        } finally {
            looking.unlock();
        }
    }

    private AuthenticationResponse withRole(AuthenticationResponse response) {
        Optional<Subject> user = response.user();
        if (response.status() != SecurityStatus.SUCCESS || user.isEmpty()) {
            return Verified.refused();
        }
        Map<String, List<String>> claims = accessTokenClaims(user.get());
        Set<Role> named = roles.rolesIn(claims);
        List<String> subject = claims.getOrDefault("sub", List.of());
        if (named.isEmpty() || subject.size() != 1) {
            return Verified.withoutRole(response.responseHeaders());
        }
        Caller caller =
                Caller.user(subject.getFirst(), user.get().principal().getName(), named, true);
        return AuthenticationResponse.builder()
                .status(SecurityStatus.SUCCESS)
                .user(Verified.subject(caller))
                .responseHeaders(response.responseHeaders())
                .build();
    }

    private static Map<String, List<String>> accessTokenClaims(Subject user) {
        return user.publicCredential(TokenCredential.class)
                .flatMap(token -> token.getTokenInstance(Jwt.class))
                .map(jwt ->
                        jwt.payloadClaims().entrySet().stream()
                                .collect(
                                        Collectors.toMap(
                                                Map.Entry::getKey,
                                                claim -> texts(claim.getValue()))))
                .orElse(Map.of());
    }

    private static List<String> texts(JsonValue claim) {
        return switch (claim) {
            case JsonString text -> List.of(text.getString());
            case JsonArray many ->
                    many.stream()
                            .filter(JsonString.class::isInstance)
                            .map(text -> ((JsonString) text).getString())
                            .toList();
            default -> List.of();
        };
    }

    /** The issuer's configuration, with a way to make Helidon read its metadata and keys anew. */
    static final class ForgettableIssuer implements TenantConfigFinder {
        private final OidcConfig config;
        private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

        ForgettableIssuer(OidcConfig config) {
            this.config = config;
        }

        @Override
        public Optional<TenantConfig> config(String tenantId) {
            return Optional.of(config);
        }

        @Override
        public void onChange(Consumer<String> listener) {
            listeners.add(listener);
        }

        void forget() {
            listeners.forEach(listener -> listener.accept(DEFAULT_TENANT_ID));
        }
    }
}
