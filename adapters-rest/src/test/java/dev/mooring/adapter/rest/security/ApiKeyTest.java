package dev.mooring.adapter.rest.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.rest.Envelope;
import dev.mooring.adapter.rest.RawHttp;
import dev.mooring.adapter.rest.RawHttp.Reply;
import dev.mooring.adapter.rest.TestServer;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

class ApiKeyTest {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void keyIsTakenInEachOfTheThreeForms() throws IOException {
        assertThat(caller("x-api-key: viewer-key")).isEqualTo("vera");
        assertThat(caller("Authorization: Bearer viewer-key")).isEqualTo("vera");
        assertThat(caller("authorization: bearer viewer-key")).isEqualTo("vera");
        assertThat(caller("Authorization: " + basic("vera:viewer-key"))).isEqualTo("vera");
    }

    @Test
    void requestWithoutCredentialIsChallenged() throws IOException {
        Reply reply = get("X-Other: 1");

        assertThat(reply.status()).isEqualTo(401);
        assertThat(Envelope.check(reply).get("code").asText()).isEqualTo("credential_missing");
        assertThat(reply.header("WWW-Authenticate"))
                .isEqualTo("Bearer realm=\"mooring\", Basic realm=\"mooring\", charset=\"UTF-8\"");
    }

    @Test
    void pageIsNotMadeToAskItsUserForAPassword() throws IOException {
        assertThat(get("Sec-Fetch-Mode: cors").header("WWW-Authenticate"))
                .isEqualTo("Bearer realm=\"mooring\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-api-key: stranger-key",
                "x-api-key: ",
                "x-api-key: viewer-key\r\nx-api-key: admin-key",
                "Authorization: Bearer stranger-key",
                "Authorization: Bearer",
                "Authorization: Bearer a.b.c",
                "Authorization: Digest viewer-key",
                "Authorization: viewer-key",
                "Authorization: Basic !!!",
                "Authorization: Basic dmlld2VyLWtleQ==",
                "Authorization: Bearer viewer-key\r\nAuthorization: Bearer viewer-key",
            })
    void badCredentialIsRefusedAndNotRepeated(String header) throws IOException {
        Reply reply = get(header);

        assertThat(reply.status()).isEqualTo(401);
        assertThat(Envelope.check(reply).get("code").asText()).isEqualTo("credential_invalid");
        assertThat(reply.header("WWW-Authenticate"))
                .startsWith("Bearer realm=\"mooring\", error=\"invalid_token\"");
        assertThat(reply.text()).doesNotContain("stranger", "viewer-key", "dmlld2Vy");
    }

    @Test
    void basicNeedsTheNameOfTheKeyToo() throws IOException {
        assertThat(get("Authorization: " + basic("ada:viewer-key")).status()).isEqualTo(401);
        assertThat(get("Authorization: " + basic("vera:wrong")).status()).isEqualTo(401);
        assertThat(get("Authorization: " + basic(":viewer-key")).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({
        "viewer-key,   GET,    200",
        "viewer-key,   HEAD,   200",
        "viewer-key,   DELETE, 403",
        "operator-key, GET,    200",
        "operator-key, DELETE, 403",
        "admin-key,    GET,    200",
        "admin-key,    DELETE, 200",
    })
    void roleDecidesWhatAKeyMayDo(String key, String method, int status) throws IOException {
        Reply reply =
                RawHttp.exchange(
                        server.port(),
                        method
                                + " /api/item/7 HTTP/1.1\r\nHost: localhost\r\nx-api-key: "
                                + key
                                + "\r\n\r\n");

        assertThat(reply.status()).isEqualTo(status);
        if (status == 403) {
            assertThat(Envelope.check(reply).get("code").asText()).isEqualTo("role_insufficient");
        }
    }

    @Test
    void viewerMayNotCreate() throws IOException {
        Reply reply =
                RawHttp.exchange(
                        server.port(),
                        "POST /api/item HTTP/1.1\r\nHost: localhost\r\nx-api-key: viewer-key\r\n"
                                + "Content-Length: 12\r\n\r\n{\"name\":\"a\"}");

        assertThat(reply.status()).isEqualTo(403);
    }

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private static String caller(String header) throws IOException {
        Reply reply = get(header);
        assertThat(reply.status()).isEqualTo(200);
        return Envelope.read(reply.text()).get("caller").asText();
    }

    private static Reply get(String header) throws IOException {
        return RawHttp.exchange(
                server.port(),
                "GET /api/item/7 HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n");
    }
}
