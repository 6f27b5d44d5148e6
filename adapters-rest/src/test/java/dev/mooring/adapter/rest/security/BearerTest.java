package dev.mooring.adapter.rest.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;

import dev.mooring.adapter.rest.Envelope;
import dev.mooring.adapter.rest.RawHttp;
import dev.mooring.adapter.rest.RawHttp.Reply;
import dev.mooring.adapter.rest.TestServer;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

class BearerTest {
    private IssuerParty issuer;
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        issuer = new IssuerParty();
        server = TestServer.start(issuer.forBearers(Duration.ofMillis(50)));
    }

    @AfterEach
    void stop() {
        server.close();
        issuer.close();
    }

    @Test
    void goodTokenIsAdmittedUnderTheUserName() throws IOException {
        Reply reply = get(issuer.token(issuer.claims().build()));

        assertThat(reply.status()).isEqualTo(200);
        assertThat(Envelope.read(reply.text()).get("caller").asText()).isEqualTo("olga");
    }

    @Test
    void apiKeysStillWorkBesideTheIssuer() throws IOException {
        assertThat(get(TestServer.VIEWER).status()).isEqualTo(200);
    }

    @Test
    void userIsCountedApartFromAKeyOfTheSameName() throws IOException {
        issuer.userName = "vera";
        try (TestServer stingy =
                TestServer.startStingy(
                        Optional.of(issuer.forBearers(Duration.ofMinutes(4))), new AtomicLong())) {
            String token = issuer.token(issuer.claims().build());
            Reply reply = get(stingy, token);
            while (reply.status() == 200) {
                reply = get(stingy, token);
            }
            assertThat(reply.status()).isEqualTo(429);

            assertThat(get(stingy, TestServer.VIEWER).status()).isEqualTo(200);
        }
    }

    @Test
    void keysAreFetchedOnce() throws IOException {
        for (int i = 0; i < 5; i++) {
            assertThat(get(issuer.token(issuer.claims().build())).status()).isEqualTo(200);
        }

        assertThat(issuer.keyRequests).hasValue(1);
    }

    @Test
    void clocksMayDifferALittleAndNoMore() throws IOException {
        assertThat(get(endedAgo(Duration.ofSeconds(10))).status()).isEqualTo(200);
        refused(endedAgo(Duration.ofSeconds(60)));
    }

    private String endedAgo(Duration ago) {
        Instant end = Instant.now().minus(ago);
        return issuer.token(issuer.claims().expirationTime(Date.from(end)).build());
    }

    @Test
    void tokenThatIsNotForUsIsRefused() throws IOException {
        refused(issuer.token(issuer.claims().audience("someone-else").build()));
        refused(issuer.token(issuer.claims().issuer("http://127.0.0.1:1").build()));
        refused(issuer.token(issuer.claims().issuer(issuer.issuer() + "/").build()));
        refused(issuer.token(issuer.claims().audience((String) null).build()));
        refused(issuer.token(issuer.claims().subject(null).build()));
        refused(issuer.token(issuer.claims().expirationTime(null).build()));
        Date tomorrow = Date.from(Instant.now().plus(Duration.ofDays(1)));
        refused(issuer.token(issuer.claims().notBeforeTime(tomorrow).build()));
    }

    @Test
    void forgedTokenIsRefused() throws IOException, JOSEException {
        JWTClaimsSet claims = issuer.claims().build();
        String good = issuer.token(claims);

        refused(new PlainJWT(claims).serialize());
        refused(signedWithThePublicKeyAsSecret(claims));
        refused(IssuerParty.sign(IssuerParty.newKey(), claims));
        refused(good.substring(0, good.length() - 8) + "AAAAAAAA");
        refused("aaa.bbb.ccc");
    }

    /** The classic: HS256 with what everybody knows as the secret. */
    private String signedWithThePublicKeyAsSecret(JWTClaimsSet claims) throws JOSEException {
        SignedJWT jwt =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.HS256)
                                .keyID(issuer.key().getKeyID())
                                .build(),
                        claims);
        jwt.sign(new MACSigner(issuer.key().toRSAPublicKey().getEncoded()));
        return jwt.serialize();
    }

    @Test
    void rotatedKeysAreFoundWithoutARestart() throws IOException {
        assertThat(get(issuer.token(issuer.claims().build())).status()).isEqualTo(200);
        String old = issuer.token(issuer.claims().build());

        issuer.rotateKeys();

        assertThat(get(issuer.token(issuer.claims().build())).status()).isEqualTo(200);
        assertThat(issuer.keyRequests).hasValue(2);
        refused(old);
    }

    @Test
    void unknownKeyIdsDoNotFloodTheIssuer() throws IOException {
        server.close();
        server = TestServer.start(issuer.forBearers(Duration.ofMinutes(4)));
        for (int i = 0; i < 20; i++) {
            refused(IssuerParty.sign(IssuerParty.newKey(), issuer.claims().build()));
        }

        assertThat(issuer.keyRequests.get()).isLessThanOrEqualTo(2);
    }

    @Test
    void issuerThatIsAwayIs503AndRecovers() throws IOException {
        String token = issuer.token(issuer.claims().build());
        issuer.goAway();

        Reply reply = get(token);
        assertThat(reply.status()).isEqualTo(503);
        assertThat(Integer.parseInt(reply.header("Retry-After"))).isPositive();
        assertThat(Envelope.check(reply).get("code").asText()).isEqualTo("issuer_unavailable");
        assertThat(reply.text()).doesNotContain("127.0.0.1");
        assertThat(get(token).status()).isEqualTo(503);
        assertThat(get(token).status()).isEqualTo(503);
        assertThat(get(TestServer.VIEWER).status()).isEqualTo(200);

        issuer.comeBack();
        dev.mooring.adapter.rest.Eventually.isTrue(() -> status(token) == 200);
    }

    @Test
    void knownKeysOutliveAnOutage() throws IOException {
        String token = issuer.token(issuer.claims().build());
        assertThat(get(token).status()).isEqualTo(200);

        issuer.goAway();

        assertThat(get(token).status()).isEqualTo(200);
    }

    @Test
    void rolesAndGroupsDecideAndNoRoleIs403() throws IOException {
        assertThat(get(withRoles(List.of("mooring-viewer"))).status()).isEqualTo(200);
        assertThat(delete(withRoles(List.of("mooring-viewer"))).status()).isEqualTo(403);
        assertThat(delete(withRoles(List.of("x", "mooring-admin"))).status()).isEqualTo(200);
        String byGroup =
                issuer.token(
                        issuer.claims()
                                .claim("roles", null)
                                .claim("groups", List.of("mooring-admin"))
                                .build());
        assertThat(delete(byGroup).status()).isEqualTo(200);

        Reply none = get(withRoles(List.of("something-else")));
        assertThat(none.status()).isEqualTo(403);
        assertThat(Envelope.check(none).get("code").asText()).isEqualTo("role_insufficient");
        assertThat(get(withRoles(List.of())).status()).isEqualTo(403);
    }

    @Test
    void auditorSeesAndChangesNothing() throws IOException {
        String token = withRoles(List.of("mooring-auditor"));

        assertThat(get(token).status()).isEqualTo(200);
        assertThat(delete(token).status()).isEqualTo(403);
    }

    private String withRoles(List<String> roles) {
        return issuer.token(issuer.claims().claim("roles", roles).build());
    }

    private void refused(String token) throws IOException {
        Reply reply = get(token);
        assertThat(reply.status()).isEqualTo(401);
        assertThat(Envelope.check(reply).get("code").asText()).isEqualTo("credential_invalid");
        assertThat(reply.header("Location")).isEmpty();
        assertThat(reply.text()).doesNotContain(token, "someone-else", "audience");
    }

    private int status(String token) {
        try {
            return get(token).status();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Reply get(String token) throws IOException {
        return get(server, token);
    }

    private static Reply get(TestServer from, String token) throws IOException {
        return exchange(from, "GET", token);
    }

    private Reply delete(String token) throws IOException {
        return exchange(server, "DELETE", token);
    }

    private static Reply exchange(TestServer to, String method, String token) throws IOException {
        return RawHttp.exchange(
                to.port(),
                method
                        + " /api/item/7 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        + token
                        + "\r\n\r\n");
    }
}
