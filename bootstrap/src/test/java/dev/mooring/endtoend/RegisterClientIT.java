package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.McpServerParty.MetadataPlace;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.UUID;
import java.util.concurrent.CountDownLatch;

/** {@code POST /api/mcp/client}: what it takes, and each way in which it refuses. */
final class RegisterClientIT {

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
    void anOpenServerIsConnectedAtOnce() {
        try (McpServerParty open = McpServerParty.settings().start()) {
            ObjectNode request = Mooring.request(open.endpoint()).put("auth_type", "none");

            Reply reply = register(request);

            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            assertThat(reply.text("/status")).isEqualTo("success");
            assertThat(reply.text("/message")).isEqualTo("MCP client connected successfully");
            assertThat(mooring.echo(request.path("name").asText(), "open").body()).contains("open");
        }
    }

    @Test
    void staticHeadersGoWithEveryRequestAndAreNeverShown() {
        try (McpServerParty keyed =
                McpServerParty.settings().wantingHeader("X-Key", "open sesame, please").start()) {
            ObjectNode request = Mooring.request(keyed.endpoint()).put("auth_type", "headers");
            request.putObject("headers").put("X-Key", "open sesame, please");

            assertThat(register(request).status()).isEqualTo(200);
            assertThat(mooring.echo(request.path("name").asText(), "keyed").status())
                    .isEqualTo(200);
            assertThat(mooring.api().get("/api/mcp/clients?limit=100").body())
                    .doesNotContain("open sesame, please");
        }
    }

    @Test
    void wrongStaticHeadersAreRefusedByTheServer() {
        try (McpServerParty keyed =
                McpServerParty.settings().wantingHeader("X-Key", "open sesame, please").start()) {
            ObjectNode request = Mooring.request(keyed.endpoint()).put("auth_type", "headers");
            request.putObject("headers").put("X-Key", "guessed");

            Envelope.isError(register(request), 422, "credentials_refused");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "name, ''",
        "name, has-hyphen",
        "name, has space",
        "name, 1digit",
        "name, café",
        "client_id, oauth_mine",
        "endpoint_slug, Not A Slug",
        "connection_type, stdio",
        "connection_type, carrier",
        "connection_string, ''",
        "connection_string, javascript:alert(1)",
        "connection_string, http://user:secret@localhost/mcp",
        "auth_type, hope",
        "protocol_version, the newest"
    })
    void aBadFieldIsNamed(String field, String value) {
        Reply reply = register(Mooring.request(server.endpoint()).put(field, value));

        Envelope.isError(reply, 400);
        assertThat(reply.text("/error/param")).isEqualTo(field);
        assertThat(reply.body()).doesNotContain("secret@");
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "connection_type", "connection_string"})
    void aMissingFieldIsNamed(String field) {
        ObjectNode request = Mooring.request(server.endpoint());
        request.remove(field);

        Reply reply = register(request);

        Envelope.isError(reply, 400);
        assertThat(reply.text("/error/param")).isEqualTo(field);
    }

    @Test
    void anUnknownFieldIsNamedAndBifrostsOwnAreWarnedAbout() {
        Reply unknown = register(Mooring.request(server.endpoint()).put("invented", 1));
        Reply bifrosts =
                register(Mooring.request(server.endpoint()).put("is_code_mode_client", true));

        Envelope.isError(unknown, 400, "unknown_field");
        assertThat(unknown.text("/error/param")).isEqualTo("invented");
        assertThat(bifrosts.status()).as(bifrosts.body()).isEqualTo(200);
        assertThat(bifrosts.json().at("/warnings").toString()).contains("is_code_mode_client");
    }

    @Test
    void aTakenNameSlugOrIdIsAConflictBeforeAnybodyConsents() {
        String id = "mine-" + UUID.randomUUID();
        ObjectNode request = Mooring.request(server.endpoint()).put("client_id", id);
        mooring.register(request);
        int requests = server.received().size() + issuer.received().size();

        ObjectNode sameName = Mooring.request(server.endpoint());
        sameName.put("name", request.path("name").asText());
        ObjectNode sameId = Mooring.request(server.endpoint()).put("client_id", id);
        ObjectNode sameSlug =
                Mooring.request(server.endpoint())
                        .put("endpoint_slug", request.path("name").asText());

        Envelope.isError(register(sameName), 409, "already_taken");
        Envelope.isError(register(sameId), 409, "already_taken");
        Envelope.isError(register(sameSlug), 409, "already_taken");
        assertThat(server.received().size() + issuer.received().size()).isEqualTo(requests);
    }

    @Test
    void theSameRequestUnderTheSameIdempotencyKeyIsAnsweredTheSame() {
        String key = UUID.randomUUID().toString();
        ObjectNode request = Mooring.request(server.endpoint());

        Reply first = mooring.api().post("/api/mcp/client", request, "Idempotency-Key", key);
        Reply second = mooring.api().post("/api/mcp/client", request, "Idempotency-Key", key);
        Reply other =
                mooring.api()
                        .post(
                                "/api/mcp/client",
                                Mooring.request(server.endpoint()),
                                "Idempotency-Key",
                                key);

        Pending pending = Mooring.pending(request.path("name").asText(), first);
        assertThat(Mooring.pending(pending.name(), second)).isEqualTo(pending);
        Envelope.isError(other, 409, "idempotency_key_reused");
    }

    @Test
    void aServerWithoutResourceMetadataOffersNoAuthorization() {
        try (McpServerParty silent =
                McpServerParty.settings()
                        .protectedBy(issuer)
                        .metadata(MetadataPlace.NOWHERE)
                        .start()) {
            Envelope.isError(
                    register(Mooring.request(silent.endpoint())), 422, "authorization_not_offered");
        }
    }

    @Test
    void metadataOfAnotherResourceIsRefusedBeforeAnythingElse() {
        server.misbehave(
                McpServerParty.METADATA, Mischief.saying("resource", "https://evil.test/mcp"));

        Envelope.isError(registered(), 422, "resource_mismatch");
        assertThat(issuer.received()).isEmpty();
    }

    @Test
    void metadataOfAnotherIssuerIsRefused() {
        issuer.misbehave(Endpoint.METADATA, Mischief.saying("issuer", "https://evil.test"));

        Envelope.isError(registered(), 422, "issuer_mismatch");
        assertThat(issuer.received(Endpoint.REGISTRATION)).isEmpty();
    }

    @Test
    void aServerThatDoesNotAnnouncePkceIsRefused() {
        issuer.misbehave(Endpoint.METADATA, Mischief.omitting("code_challenge_methods_supported"));

        Envelope.isError(registered(), 422, "pkce_unsupported");
    }

    @Test
    void aRefusedRegistrationSaysSoWithoutTheServersWords() {
        issuer.misbehave(
                Endpoint.REGISTRATION,
                Mischief.instead(
                        Answer.json(
                                400,
                                ApiClient.object()
                                        .put("error", "invalid_client_metadata")
                                        .put("error_description", "<script>foreign</script>"))));

        Reply reply = registered();

        Envelope.isError(reply, 422, "registration_refused");
        assertThat(reply.body()).doesNotContain("script");
    }

    @Test
    void withoutRegistrationAClientIdIsAskedFor() {
        try (AuthorizationServerParty closed =
                        AuthorizationServerParty.settings().withoutRegistration().start();
                McpServerParty behind = McpServerParty.settings().protectedBy(closed).start()) {
            Envelope.isError(
                    register(Mooring.request(behind.endpoint())), 422, "registration_unsupported");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://10.0.0.1/mcp",
                "http://169.254.169.254/latest",
                "http://[::ffff:10.0.0.1]/mcp",
                "http://0.0.0.0/mcp"
            })
    void anAddressThatIsNotAllowedIsNeverAsked(String address) {
        Envelope.isError(register(Mooring.request(address)), 422, "address_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"authorization_endpoint", "token_endpoint", "registration_endpoint"})
    void anEndpointThatIsNotAllowedIsRefused(String endpoint) {
        issuer.misbehave(Endpoint.METADATA, Mischief.saying(endpoint, "javascript:alert(1)"));
        Envelope.isError(registered(), 422);

        issuer.misbehave(Endpoint.METADATA, Mischief.saying(endpoint, "http://10.0.0.1/x"));
        Envelope.isError(registered(), 422);
    }

    @Test
    void anUnreachableServerIs502() {
        String gone;
        try (McpServerParty closed = McpServerParty.settings().start()) {
            gone = closed.endpoint();
        }

        Envelope.isError(register(Mooring.request(gone)), 502, "server_unreachable");
    }

    @Test
    void aBrokenServerOrAuthorizationServerIs502() {
        server.misbehave("server/discover", Mischief.failing(500));
        server.misbehave("initialize", Mischief.failing(500));
        Envelope.isError(registered(), 502, "server_broken");

        server.behave();
        issuer.misbehave(Endpoint.METADATA, Mischief.failing(500));
        Envelope.isError(registered(), 502, "authorization_server_broken");
    }

    @Test
    void endlessRedirectsAndEndlessDocumentsAreGivenUp() {
        issuer.misbehave(Endpoint.METADATA, Mischief.redirectingForEver());
        assertThat(registered().status()).isIn(422, 502);

        issuer.misbehave(Endpoint.METADATA, Mischief.swollenBy(3_000_000));
        assertThat(registered().status()).isIn(422, 502);
    }

    @Test
    void aServerThatTakesTooLongIs504() {
        CountDownLatch gate = new CountDownLatch(1);
        server.misbehave("server/discover", Mischief.waitingFor(gate));
        try {
            Envelope.isError(registered(), 504, "server_too_slow");
        } finally {
            gate.countDown();
        }
    }

    @Test
    void whatFailsLeavesNothingBehind() {
        issuer.misbehave(Endpoint.METADATA, Mischief.failing(500));
        ObjectNode request = Mooring.request(server.endpoint());
        Envelope.isError(register(request), 502);

        JsonNode listed =
                mooring.api()
                        .get("/api/mcp/clients?search=" + request.path("name").asText())
                        .json();
        issuer.behave();

        assertThat(listed.at("/total_count").asInt()).isZero();
        assertThat(register(request).status()).isEqualTo(200);
    }

    private Reply registered() {
        return register(Mooring.request(server.endpoint()));
    }

    private Reply register(ObjectNode request) {
        return mooring.api().post("/api/mcp/client", request);
    }
}
