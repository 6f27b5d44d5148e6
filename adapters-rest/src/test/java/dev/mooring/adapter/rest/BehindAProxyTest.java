package dev.mooring.adapter.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.mooring.adapter.rest.RawHttp.Reply;
import dev.mooring.adapter.rest.edge.TrustedProxies.ForwardingHeader;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Who calls, and from where, as handlers and the trail see it. */
class BehindAProxyTest {
    private static final String KEY = "x-api-key: viewer-key\r\n";

    private static final String FORWARDED = "Forwarded: for=192.0.2.7\r\n";

    private final AtomicLong now = new AtomicLong();

    private TestServer behind(ForwardingHeader header) {
        return TestServer.startBehindAProxy(header, now);
    }

    @Test
    void whoActsIsKnownToWhatIsDoneForThem() throws IOException {
        try (TestServer server = TestServer.start()) {
            JsonNode guarded = acting(server, "/api/acting", KEY + "X-Request-Id: mine-1\r\n");
            assertThat(guarded.get("kind").asText()).isEqualTo("api_key");
            assertThat(guarded.get("id").asText()).isEqualTo("vera");
            assertThat(guarded.get("address").asText()).isEqualTo("127.0.0.1");
            assertThat(guarded.get("request_id").asText()).isEqualTo("mine-1");

            JsonNode open = acting(server, "/acting", "X-Request-Id: mine-2\r\n");
            assertThat(open.get("kind").asText()).isEqualTo("browser");
            assertThat(open.get("address").asText()).isEqualTo("127.0.0.1");
            assertThat(open.get("request_id").asText()).isEqualTo("mine-2");
        }
    }

    @Test
    void proxyIsBelievedWhoCalledIt() throws IOException {
        try (TestServer server = behind(ForwardingHeader.X_FORWARDED_FOR)) {
            assertThat(addressOf(server, xff("203.0.113.9, 192.0.2.7"))).isEqualTo("192.0.2.7");
            assertThat(addressOf(server, xff("203.0.113.9") + xff("192.0.2.7")))
                    .isEqualTo("192.0.2.7");
            assertThat(addressOf(server, FORWARDED)).isEqualTo("127.0.0.1");
            assertThat(addressOf(server, xff("<script>"))).isEqualTo("127.0.0.1");
            assertThat(addressOf(server, xff("1,".repeat(10_000)))).isEqualTo("127.0.0.1");
        }
        try (TestServer server = behind(ForwardingHeader.FORWARDED)) {
            String both = xff("203.0.113.9") + FORWARDED;
            assertThat(addressOf(server, both)).isEqualTo("192.0.2.7");
        }
    }

    @Test
    void whoeverIsNoProxyCannotSayThatSomebodyElseCalls() throws IOException {
        try (TestServer server = TestServer.start()) {
            String forged = xff("192.0.2.7") + FORWARDED;

            assertThat(addressOf(server, forged)).isEqualTo("127.0.0.1");
            assertThat(get(server, "/api/item/7", "x-api-key: guess\r\n" + forged).status())
                    .isEqualTo(401);
            assertThat(server.refused.getLast().address()).contains("127.0.0.1");
        }
    }

    @Test
    void callersBehindAProxyAreCountedApart() throws IOException {
        try (TestServer server = behind(ForwardingHeader.X_FORWARDED_FOR)) {
            String noisy = xff("192.0.2.7");
            String quiet = xff("192.0.2.8");
            for (int i = 0; i < TestServer.BURST; i++) {
                assertThat(get(server, "/open", noisy).status()).isEqualTo(200);
                assertThat(guess(server, noisy)).isEqualTo(401);
            }

            assertThat(get(server, "/open", noisy).status()).isEqualTo(429);
            assertThat(guess(server, noisy)).isEqualTo(429);
            String pretending = xff("192.0.2.9, 192.0.2.7");
            assertThat(get(server, "/open", pretending).status()).isEqualTo(429);
            assertThat(get(server, "/open", quiet).status()).isEqualTo(200);
            assertThat(guess(server, quiet)).isEqualTo(401);
            assertThat(server.refused.getLast().address()).contains("192.0.2.8");
        }
    }

    private static String xff(String value) {
        return "X-Forwarded-For: " + value + "\r\n";
    }

    private static int guess(TestServer server, String headers) throws IOException {
        return get(server, "/api/item/7", "x-api-key: guess\r\n" + headers).status();
    }

    private String addressOf(TestServer server, String headers) throws IOException {
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
        return acting(server, "/api/acting", KEY + headers).get("address").asText();
    }

    private static JsonNode acting(TestServer server, String path, String headers)
            throws IOException {
        Reply reply = get(server, path, headers);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        return Envelope.read(reply.text());
    }

    private static Reply get(TestServer server, String path, String headers) throws IOException {
        return RawHttp.exchange(
                server.port(),
                "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    }
}
