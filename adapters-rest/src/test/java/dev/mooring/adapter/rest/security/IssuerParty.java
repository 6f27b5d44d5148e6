package dev.mooring.adapter.rest.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real OpenID Connect issuer on loopback: metadata, keys, authorization and token endpoint with
 * refresh tokens that can be used once. It signs everybody in as {@link #userName} with {@link
 * #roles}, rotates its keys when told, and can go away and come back on the same port.
 */
public final class IssuerParty implements AutoCloseable {
    static final String CLIENT_ID = "mooring";
    static final String CLIENT_SECRET = "client-secret";
    static final String AUDIENCE = "mooring-api";

    public final AtomicInteger keyRequests = new AtomicInteger();
    public volatile List<String> roles = List.of("mooring-operator");
    public volatile String audience = AUDIENCE;
    volatile String userName = "olga";
    volatile Duration tokensLive = Duration.ofMinutes(5);
    private final int port;
    private final Map<String, String> nonceOfCode = new ConcurrentHashMap<>();
    private final Map<String, String> nonceOfRefreshToken = new ConcurrentHashMap<>();
    private volatile RSAKey key = newKey();
    private volatile CountDownLatch keyGate = new CountDownLatch(0);
    private HttpServer server;

    public IssuerParty() throws IOException {
        server = listen(0);
        port = server.getAddress().getPort();
    }

    public String issuer() {
        return "http://127.0.0.1:" + port;
    }

    public OidcIssuer forBearers(Duration refreshInterval) {
        return new OidcIssuer(
                URI.create(issuer()),
                AUDIENCE,
                java.util.Optional.empty(),
                RoleNames.DEFAULT,
                refreshInterval);
    }

    public OidcIssuer forBrowsers(Duration refreshInterval) {
        return new OidcIssuer(
                URI.create(issuer()),
                AUDIENCE,
                java.util.Optional.of(
                        new OidcIssuer.Browser(
                                CLIENT_ID,
                                new OidcIssuer.ClientSecret(CLIENT_SECRET),
                                new OidcIssuer.CookiePassword("a password for cookies"))),
                RoleNames.DEFAULT,
                refreshInterval);
    }

    /** Who asks for the keys waits from now on until the gate is counted down. */
    CountDownLatch holdKeys() {
        keyGate = new CountDownLatch(1);
        return keyGate;
    }

    void rotateKeys() {
        key = newKey();
    }

    public void goAway() {
        server.stop(0);
    }

    void comeBack() throws IOException {
        server = listen(port);
    }

    RSAKey key() {
        return key;
    }

    /** Claims of a good token. */
    public JWTClaimsSet.Builder claims() {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder()
                .issuer(issuer())
                .audience(audience)
                .subject("user-1")
                .claim("preferred_username", userName)
                .claim("roles", roles)
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(tokensLive)));
    }

    public String token(JWTClaimsSet claims) {
        return sign(key, claims);
    }

    static String sign(RSAKey key, JWTClaimsSet claims) {
        try {
            SignedJWT jwt =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(),
                            claims);
            jwt.sign(new RSASSASigner(key));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    static RSAKey newKey() {
        try {
            return new RSAKeyGenerator(2048).keyID(UUID.randomUUID().toString()).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpServer listen(int on) throws IOException {
        HttpServer http =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), on), 0);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/.well-known/openid-configuration", this::metadata);
        http.createContext("/jwks", this::keys);
        http.createContext("/authorize", this::authorize);
        http.createContext("/token", this::tokens);
        http.start();
        return http;
    }

    private void metadata(HttpExchange exchange) throws IOException {
        json(
                exchange,
                200,
                Map.of(
                        "issuer", issuer(),
                        "jwks_uri", issuer() + "/jwks",
                        "authorization_endpoint", issuer() + "/authorize",
                        "token_endpoint", issuer() + "/token",
                        "end_session_endpoint", issuer() + "/logout"));
    }

    private void keys(HttpExchange exchange) throws IOException {
        keyRequests.incrementAndGet();
        try {
            keyGate.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        json(exchange, 200, new JWKSet(key).toJSONObject());
    }

    private void authorize(HttpExchange exchange) throws IOException {
        Map<String, String> query = form(exchange.getRequestURI().getRawQuery());
        String code = UUID.randomUUID().toString();
        nonceOfCode.put(code, query.get("nonce"));
        String location =
                query.get("redirect_uri")
                        + "?code="
                        + code
                        + "&state="
                        + URLEncoder.encode(query.get("state"), StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Location", location);
        exchange.sendResponseHeaders(302, -1);
        exchange.close();
    }

    private void tokens(HttpExchange exchange) throws IOException {
        Map<String, String> form =
                form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        String nonce =
                form.containsKey("code")
                        ? nonceOfCode.remove(form.get("code"))
                        : nonceOfRefreshToken.remove(form.getOrDefault("refresh_token", ""));
        if (nonce == null) {
            json(exchange, 400, Map.of("error", "invalid_grant"));
            return;
        }
        JWTClaimsSet idToken =
                new JWTClaimsSet.Builder(claims().build())
                        .audience(CLIENT_ID)
                        // Helidon renews an access token only as long as the ID token lives.
                        .expirationTime(Date.from(Instant.now().plusSeconds(300)))
                        .claim("nonce", nonce)
                        .build();
        String refreshToken = UUID.randomUUID().toString();
        nonceOfRefreshToken.put(refreshToken, nonce);
        json(
                exchange,
                200,
                Map.of(
                        "refresh_token",
                        refreshToken,
                        "access_token",
                        token(claims().build()),
                        "id_token",
                        token(idToken),
                        "token_type",
                        "Bearer",
                        "expires_in",
                        300));
    }

    private static Map<String, String> form(String encoded) {
        return Stream.of(encoded.split("&", -1))
                .map(pair -> pair.split("=", 2))
                .collect(
                        Collectors.toMap(
                                pair -> pair[0],
                                pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8),
                                (one, other) -> other,
                                HashMap::new));
    }

    private static void json(HttpExchange exchange, int status, Map<String, Object> body)
            throws IOException {
        byte[] bytes = JSONObjectUtils.toJSONString(body).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
