package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.McpServerParty.Era;
import dev.mooring.party.Mischief;
import dev.mooring.party.PartyTool;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;

/** Finding, editing, reconnecting, reauthorizing and deleting clients. */
final class ClientLifeIT {

    private final Mooring mooring = SharedService.mooring();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();

    @AfterEach
    void stop() {
        mooring.close();
        server.close();
        issuer.close();
    }

    @Test
    void listsArePagedFilteredAndShowPendingClientsToo() {
        String word = "w" + System.nanoTime();
        for (int i = 0; i < 3; i++) {
            mooring.register(Mooring.request(server.endpoint()).put("name", word + "n" + i));
        }

        JsonNode page = list("search=" + word + "&limit=2&offset=1");
        JsonNode pending = list("search=" + word + "&state=pending_oauth&auth_type=oauth");
        JsonNode none = list("search=" + word + "&connection_type=sse");

        assertThat(page.at("/clients")).hasSize(2);
        assertThat(page.at("/count").asInt()).isEqualTo(2);
        assertThat(page.at("/total_count").asInt()).isEqualTo(3);
        assertThat(page.at("/limit").asInt()).isEqualTo(2);
        assertThat(page.at("/offset").asInt()).isEqualTo(1);
        assertThat(pending.at("/total_count").asInt()).isEqualTo(3);
        assertThat(none.at("/clients")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "limit, many",
        "limit, 0",
        "limit, 101",
        "offset, -1",
        "state, dreaming",
        "auth_type, hope",
        "connection_type, carrier"
    })
    void aBadListParameterIsNamed(String parameter, String value) {
        Reply reply = mooring.api().get("/api/mcp/clients?" + parameter + "=" + value);

        Envelope.isError(reply, 400);
        assertThat(reply.text("/error/param")).isEqualTo(parameter);
    }

    @Test
    void aRoundTripOfWhatIsShownChangesNothing() {
        Pending pending = mooring.connect(server.endpoint());
        ObjectNode config = (ObjectNode) mooring.client(pending.id()).json().path("config");

        assertThat(edit(pending, config).text("/status")).isEqualTo("success");

        assertThat(mooring.client(pending.id()).json().path("config")).isEqualTo(config);
        assertThat(mooring.echo(pending.name(), "the same").status()).isEqualTo(200);
    }

    @Test
    void everyOperationOnAnUnknownClientIsNotFound() {
        Envelope.isError(mooring.client("nobody"), 404);
        Envelope.isError(mooring.delete("nobody"), 404);
        Envelope.isError(mooring.reauthorize("nobody"), 404);
        Envelope.isError(mooring.api().post("/api/mcp/client/nobody/reconnect"), 404);
        Envelope.isError(mooring.api().post("/api/mcp/client/nobody/refresh-tools"), 404);
        Envelope.isError(
                mooring.api()
                        .put("/api/mcp/client/nobody", ApiClient.object().put("disabled", true)),
                404);
    }

    @Test
    void anEditChangesWhatItNamesAndTheRevision() {
        Pending pending = mooring.connect(server.endpoint());
        String before = mooring.client(pending.id()).header("ETag").orElseThrow();
        ObjectNode edit = ApiClient.object();
        edit.putArray("tools_to_execute").add("add");

        Reply edited = edit(pending, edit, "If-Match", before);
        Reply stale = edit(pending, edit, "If-Match", before);

        assertThat(edited.text("/status")).as(edited.body()).isEqualTo("success");
        Envelope.isError(stale, 412, "revision_stale");
        assertThat(mooring.client(pending.id()).header("ETag").orElseThrow()).isNotEqualTo(before);
        Envelope.isError(mooring.echo(pending.name(), "no more"), 400, "tool_not_permitted");
        assertThat(mooring.state(pending.id())).isEqualTo("connected");
    }

    @Test
    void aBadEditIsNamedAndChangesNothing() {
        Pending pending = mooring.connect(server.endpoint());

        Reply reply = edit(pending, ApiClient.object().put("name", "has-hyphen"));

        Envelope.isError(reply, 400);
        assertThat(reply.text("/error/param")).isEqualTo("name");
        assertThat(mooring.echo(pending.name(), "still").status()).isEqualTo(200);
    }

    @Test
    void anotherNameIsUsedAtOnce() {
        Pending pending = mooring.connect(server.endpoint());
        String name = pending.name() + "x";

        assertThat(edit(pending, ApiClient.object().put("name", name)).status()).isEqualTo(200);

        assertThat(mooring.echo(name, "renamed").status()).isEqualTo(200);
        Envelope.isError(mooring.echo(pending.name(), "old"), 404);
    }

    @Test
    void aDisabledClientServesNobodyUntilItIsEnabled() {
        Pending pending = mooring.connect(server.endpoint());

        edit(pending, ApiClient.object().put("disabled", true));
        assertThat(mooring.state(pending.id())).isEqualTo("disabled");
        Envelope.isError(mooring.echo(pending.name(), "off"), 400, "tool_not_permitted");
        Envelope.isError(mooring.complete(pending.id()), 400, "client_disabled");
        edit(pending, ApiClient.object().put("disabled", false));

        assertThat(mooring.state(pending.id())).isEqualTo("connected");
        assertThat(mooring.echo(pending.name(), "on").status()).isEqualTo(200);
    }

    @Test
    void changingTheOAuthClientDemandsTheSecretAndAPersonAgain() {
        issuer.preregister("given", "s3cret-of-both", "client_secret_basic", callback());
        issuer.preregister("other", "s3cret-of-both", "client_secret_basic", callback());
        ObjectNode request = Mooring.request(server.endpoint());
        request.putObject("oauth_config")
                .put("client_id", "given")
                .put("client_secret", "s3cret-of-both");
        Pending pending = mooring.connect(request);

        ObjectNode withoutSecret = ApiClient.object();
        withoutSecret.putObject("oauth_config").put("client_id", "other");
        ObjectNode withSecret = ApiClient.object();
        withSecret
                .putObject("oauth_config")
                .put("client_id", "other")
                .put("client_secret", "s3cret-of-both");

        Reply refused = edit(pending, withoutSecret);
        Envelope.isError(refused, 422, "settings_conflict");
        assertThat(refused.text("/error/param")).isEqualTo("oauth_config.client_secret");
        assertThat(edit(pending, withSecret).text("/status")).isEqualTo("partial_success");
        assertThat(mooring.state(pending.id())).isEqualTo("needs_reauth");
    }

    @ParameterizedTest
    @ValueSource(strings = {"reconnect", "refresh-tools"})
    void whatTheServerOffersNowIsLearnt(String operation) {
        Pending pending = mooring.connect(server.endpoint());
        server.offer(PartyTool.echo(), PartyTool.of("fresh", "New.", any -> PartyTool.text("!")));

        Reply reply = mooring.api().post("/api/mcp/client/" + pending.id() + "/" + operation);

        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.text("/status")).isEqualTo("success");
        assertThat(reply.json().at("/tool_count").asInt()).isEqualTo(2);
        assertThat(mooring.execute(pending.name(), "fresh", ApiClient.object()).status())
                .isEqualTo(200);
        Envelope.isError(
                mooring.execute(pending.name(), "add", ApiClient.object().put("a", 1).put("b", 2)),
                404,
                "tool_not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"reconnect", "refresh-tools"})
    void aPendingClientCannotBeReconnectedYet(String operation) {
        Pending pending = mooring.register(server.endpoint());

        Envelope.isError(
                mooring.api().post("/api/mcp/client/" + pending.id() + "/" + operation),
                400,
                "not_connectable");
    }

    @ParameterizedTest
    @ValueSource(strings = {"reconnect", "refresh-tools"})
    void aBrokenServerIs502AndTheGrantIsKept(String operation) {
        Pending pending = mooring.connect(server.endpoint());
        server.misbehave("server/discover", Mischief.failing(500));
        server.misbehave("tools/list", Mischief.failing(500));

        Envelope.isError(
                mooring.api().post("/api/mcp/client/" + pending.id() + "/" + operation), 502);
        server.behave();

        assertThat(mooring.status(pending.configId())).isEqualTo("authorized");
        assertThat(mooring.api().post("/api/mcp/client/" + pending.id() + "/reconnect").status())
                .isEqualTo(200);
        assertThat(mooring.state(pending.id())).isEqualTo("connected");
    }

    @Test
    void reauthorizingServesTheOldGrantUntilTheNewOneIsThere() {
        Pending first = mooring.connect(server.endpoint());

        Pending again = Mooring.pending(first.name(), mooring.reauthorize(first.id()));
        assertThat(again.id()).isEqualTo(first.id());
        assertThat(again.configId()).isEqualTo(first.configId());
        assertThat(again.flowId()).isNotEqualTo(first.flowId());
        assertThat(mooring.echo(first.name(), "old grant").status()).isEqualTo(200);
        assertThat(mooring.consent(again).status()).isEqualTo(200);

        assertThat(mooring.echo(first.name(), "new grant").status()).isEqualTo(200);
        assertThat(mooring.complete(first.id()).status()).isEqualTo(200);
        assertThat(issuer.redemptions()).isEqualTo(2);
        // Some servers end every grant of a registration when one is revoked.
        assertThat(issuer.revoked()).isEmpty();
    }

    @Test
    void anEqualReauthorizationIsTheSameLink() {
        Pending first = mooring.register(server.endpoint());

        Pending again = Mooring.pending(first.name(), mooring.reauthorize(first.id()));

        assertThat(again.authorizeUrl()).isEqualTo(first.authorizeUrl());
        assertThat(again.flowId()).isEqualTo(first.flowId());
    }

    @Test
    void aClientWithoutOAuthCannotBeReauthorized() {
        try (McpServerParty open = McpServerParty.settings().start()) {
            ObjectNode request =
                    Mooring.request(open.endpoint())
                            .put("auth_type", "none")
                            .put("client_id", "open-" + System.nanoTime());
            mooring.api().post("/api/mcp/client", request);

            Envelope.isError(
                    mooring.reauthorize(request.path("client_id").asText()),
                    400,
                    "not_an_oauth_client");
        }
    }

    @Test
    void reauthorizingTellsWhatIsWrongWithTheAuthorizationServer() {
        Pending pending = mooring.connect(server.endpoint());
        server.misbehave(
                McpServerParty.METADATA, Mischief.saying("resource", "https://evil.test/mcp"));

        Envelope.isError(mooring.reauthorize(pending.id()), 422, "resource_mismatch");
        assertThat(mooring.echo(pending.name(), "as before").status()).isEqualTo(200);
    }

    @Test
    void deletingRevokesAndIsDoneOnce() {
        Pending pending = mooring.connect(server.endpoint());

        assertThat(mooring.delete(pending.id()).text("/status")).isEqualTo("success");

        Envelope.isError(mooring.delete(pending.id()), 404);
        Envelope.isError(mooring.complete(pending.id()), 404);
        Envelope.isError(mooring.echo(pending.name(), "gone"), 404);
        Envelope.isError(
                mooring.api().get("/api/oauth/config/" + pending.configId() + "/status"), 404);
        Eventually.holds("the token is revoked", () -> !issuer.revoked().isEmpty());
    }

    @Test
    void aRevocationThatFailsIsTriedAgain() {
        Pending pending = mooring.connect(server.endpoint());
        issuer.misbehaveOnce(Endpoint.REVOCATION, Mischief.failing(503));

        mooring.delete(pending.id());

        Eventually.holds(
                "the token is revoked in the end",
                Duration.ofSeconds(60),
                () -> !issuer.revoked().isEmpty());
    }

    @Test
    void aSessionOfTheLegacyEraIsEndedOnLeave() {
        try (McpServerParty legacy =
                McpServerParty.settings().speaking(Era.LEGACY).protectedBy(issuer).start()) {
            Pending pending = mooring.connect(legacy.endpoint());
            mooring.echo(pending.name(), "in session");

            mooring.delete(pending.id());

            Eventually.holds("no session is left open", () -> legacy.openSessions() == 0);
        }
    }

    private JsonNode list(String query) {
        Reply reply = mooring.api().get("/api/mcp/clients?" + query);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json();
    }

    private Reply edit(Pending pending, ObjectNode change, String... headers) {
        return mooring.api().put("/api/mcp/client/" + pending.id(), change, headers);
    }

    private static String callback() {
        return SharedService.get().address() + "/api/oauth/callback";
    }
}
