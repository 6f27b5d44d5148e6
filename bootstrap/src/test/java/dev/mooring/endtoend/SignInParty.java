package dev.mooring.endtoend;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import dev.mooring.party.KnownSecrets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An OpenID Connect issuer on loopback that signs everybody in, at once, as an operator. */
final class SignInParty implements AutoCloseable {
    private static final String CLIENT_ID = "mooring";
    private static final String CLIENT_SECRET = "the-secret-of-our-client";
    private static final String AUDIENCE = "mooring-api";

    private final RSAKey key;
    private final HttpServer server;
    private final Map<String, String> nonceOfCode = new ConcurrentHashMap<>();

    private SignInParty(RSAKey key, HttpServer server) {
        this.key = key;
        this.server = server;
    }

    static SignInParty start() {
        try {
            RSAKey key = new RSAKeyGenerator(2048).keyID(UUID.randomUUID().toString()).generate();
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            SignInParty party = new SignInParty(key, server);
            server.createContext("/.well-known/openid-configuration", party::metadata);
            server.createContext("/jwks", party::keys);
            server.createContext("/authorize", party::authorize);
            server.createContext("/token", party::tokens);
            server.start();
            return party;
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a service needs to let its users in. */
    Map<String, String> environment() {
        return Map.of(
                "MOORING_OIDC_ISSUER", issuer(),
                "MOORING_OIDC_AUDIENCE", AUDIENCE,
                "MOORING_OIDC_CLIENT_ID", CLIENT_ID,
                "MOORING_OIDC_CLIENT_SECRET", CLIENT_SECRET);
    }

    private String issuer() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void metadata(HttpExchange exchange) throws IOException {
        json(
                exchange,
                ApiClient.object()
                        .put("issuer", issuer())
                        .put("jwks_uri", issuer() + "/jwks")
                        .put("authorization_endpoint", issuer() + "/authorize")
                        .put("token_endpoint", issuer() + "/token")
                        .put("end_session_endpoint", issuer() + "/logout"));
    }

    private void keys(HttpExchange exchange) throws IOException {
        answer(exchange, new JWKSet(key).toString());
    }

    private void authorize(HttpExchange exchange) throws IOException {
        Map<String, String> query = form(exchange.getRequestURI().getRawQuery());
        String code = KnownSecrets.remember(UUID.randomUUID().toString());
        nonceOfCode.put(code, query.get("nonce"));
        exchange.getResponseHeaders()
                .add(
                        "Location",
                        query.get("redirect_uri")
                                + "?code="
                                + code
                                + "&state="
                                + URLEncoder.encode(query.get("state"), StandardCharsets.UTF_8));
        exchange.sendResponseHeaders(302, -1);
        exchange.close();
    }

    private void tokens(HttpExchange exchange) throws IOException {
        Map<String, String> form =
                form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        String nonce = nonceOfCode.remove(form.get("code"));
        json(
                exchange,
                ApiClient.object()
                        .put("access_token", signed(claims(AUDIENCE).build()))
                        .put("id_token", signed(claims(CLIENT_ID).claim("nonce", nonce).build()))
                        .put("token_type", "Bearer")
                        .put("expires_in", 300));
    }

    private JWTClaimsSet.Builder claims(String audience) {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder()
                .issuer(issuer())
                .audience(audience)
                .subject("user-1")
                .claim("preferred_username", "olga")
                .claim("roles", List.of("mooring-operator"))
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(300)));
    }

    private String signed(JWTClaimsSet claims) {
        try {
            SignedJWT jwt =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(),
                            claims);
            jwt.sign(new RSASSASigner(key));
            return KnownSecrets.remember(jwt.serialize());
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
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

    private static void json(HttpExchange exchange, ObjectNode body) throws IOException {
        answer(exchange, body.toString());
    }

    private static void answer(HttpExchange exchange, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
