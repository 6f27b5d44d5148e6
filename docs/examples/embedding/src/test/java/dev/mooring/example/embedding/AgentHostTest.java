package dev.mooring.example.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.persistence.KeyFile;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.application.CompleteAuthorization;
import dev.mooring.application.ExecuteTool;
import dev.mooring.application.RegisterClient;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;

class AgentHostTest {
    @TempDir private Path directory;

    @Test
    void aToolIsCalledAfterAPersonHasConsented() throws Exception {
        KeyFile keys = new KeyFile("keys", directory.resolve("keys"));
        keys.createIfMissing(new SecureRandom());
        try (var issuer = AuthorizationServerParty.start();
                var server = McpServerParty.settings().protectedBy(issuer).start();
                var postgres =
                        EmbeddedPostgres.start(directory.resolve("postgres"), new SecureRandom());
                var host =
                        AgentHost.start(
                                postgres.access(), keys, OutboundAllow.parse("127.0.0.1"), 0)) {
            var needed = (RegisterClient.Outcome.ConsentNeeded) host.add("demo", server.endpoint());

            assertThat(opened(needed.link().authorizeUrl().value())).startsWith("Authorized");
            assertThat(host.connect(needed.link().client()))
                    .isEqualTo(new CompleteAuthorization.Outcome.Connected());
            assertThat(host.call("demo-add", "{\"a\": 20, \"b\": 22}"))
                    .isEqualTo(
                            new ExecuteTool.Outcome.Returned(
                                    "[{\"type\":\"text\",\"text\":\"42\"}]", false));
        }
    }

    private static String opened(String link) throws Exception {
        try (var browser = HttpClient.newBuilder().followRedirects(Redirect.ALWAYS).build()) {
            return browser.send(
                            HttpRequest.newBuilder(URI.create(link)).build(),
                            BodyHandlers.ofString())
                    .body();
        }
    }
}
