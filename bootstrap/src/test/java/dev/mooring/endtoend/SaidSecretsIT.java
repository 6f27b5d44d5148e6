package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.party.KnownSecrets;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.Test;

import java.util.UUID;

/** What is noticed of an answer. */
final class SaidSecretsIT {

    @Test
    void anAnswerWithASecretFailsTheTestThatGotIt() {
        String secret = KnownSecrets.remember("made-" + UUID.randomUUID());
        try (Mooring mooring = SharedService.mooring();
                McpServerParty server = McpServerParty.settings().start()) {
            ObjectNode request = Mooring.request(server.endpoint()).put("auth_type", "none");
            Reply registered = mooring.api().post("/api/mcp/client", request);
            assertThat(registered.status()).as(registered.body()).isEqualTo(200);
            String name = request.path("name").asText();
            assertThat(mooring.echo(name, "no secret").status()).isEqualTo(200);

            assertThatThrownBy(() -> mooring.echo(name, "it is " + secret))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("it is [a secret]")
                    .hasMessageNotContaining(secret);
        }
    }
}
