package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Credential;
import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** The operation that everything else is there for, with each of its answers. */
final class CompleteOAuthIT {

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
    void beforeTheConsentItIsNotAuthorizedYet() {
        Pending pending = mooring.register(server.endpoint());

        Reply reply = mooring.complete(pending.id());

        Envelope.isError(reply, 400, "oauth_not_authorized");
        assertThat(reply.text("/error/message")).contains("pending");
    }

    @Test
    void anUnknownClientIsNotFound() {
        for (String id : List.of("nobody-has-this-id", "oauth_nobody", "not%20even%20an%20id")) {
            Envelope.isError(mooring.complete(id), 404, "client_not_found");
        }
    }

    @Test
    void aClientWithoutOAuthHasNoConfigToComplete() {
        try (McpServerParty open = McpServerParty.settings().start()) {
            Reply created =
                    mooring.api()
                            .post(
                                    "/api/mcp/client",
                                    Mooring.request(open.endpoint()).put("auth_type", "none"));

            Envelope.isError(
                    mooring.complete(created.text("/mcp_client_id")),
                    404,
                    "oauth_config_not_found");
        }
    }

    @Test
    void theIdOfTheOAuthConfigWillDo() {
        Pending pending = mooring.register(server.endpoint());
        mooring.consent(pending);

        assertThat(mooring.complete(pending.configId()).status()).isEqualTo(200);
        assertThat(mooring.state(pending.id())).isEqualTo("connected");
    }

    @Test
    void theCompleteUrlOfThePendingAnswerIsTheOperation() {
        Pending pending = mooring.register(server.endpoint());
        mooring.consent(pending);

        assertThat(mooring.api().post(pending.completeUrl()).status()).isEqualTo(200);
    }

    @Test
    void aRepeatIsTheSameAnswerWithoutASecondConnection() {
        Pending pending = mooring.connect(server.endpoint());
        int requests = server.received().size();

        Reply repeat = mooring.complete(pending.id());

        assertThat(repeat.status()).isEqualTo(200);
        assertThat(repeat.text("/message")).isEqualTo(Mooring.CONNECTED);
        assertThat(server.received()).hasSize(requests);
    }

    @Test
    void equalCallsAtOnceMakeOneConnection() throws Exception {
        Pending pending = mooring.register(server.endpoint());
        mooring.consent(pending);

        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Reply>> replies =
                    IntStream.range(0, 16)
                            .mapToObj(i -> callers.submit(() -> mooring.complete(pending.id())))
                            .toList();
            for (Future<Reply> reply : replies) {
                assertThat(reply.get().status()).as(reply.get().body()).isEqualTo(200);
            }
        }

        assertThat(server.received("tools/list")).hasSize(1);
        assertThat(issuer.mostRedemptionsOfOneCode()).isEqualTo(1);
    }

    @Test
    void aFailureIs500AndTheNextCallTriesAgain() {
        Pending pending = mooring.register(server.endpoint());
        mooring.consent(pending);
        server.misbehave("tools/list", Mischief.failing(500));

        Envelope.isError(mooring.complete(pending.id()), 500, "server_broken");
        assertThat(mooring.status(pending.configId())).isEqualTo("authorized");
        server.behave();

        assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
        assertThat(issuer.redemptions()).isEqualTo(1);
    }

    @Test
    void anyBodyOfAnyTypeIsTaken() {
        Pending pending = mooring.register(server.endpoint());
        mooring.consent(pending);
        String path = "/api/mcp/client/" + pending.id() + "/complete-oauth";

        for (String type : List.of("application/json", "text/plain", "application/x-any")) {
            Reply reply =
                    mooring.api()
                            .send(
                                    path,
                                    "POST",
                                    BodyPublishers.ofString("not read"),
                                    "Content-Type",
                                    type);
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        }
    }

    @Test
    void withoutACredentialItIs401AndWithAViewersKey403() {
        Pending pending = mooring.register(server.endpoint());
        String path = "/api/mcp/client/" + pending.id() + "/complete-oauth";
        String viewer = Keys.create(mooring, "viewer");

        try (ApiClient nobody =
                        new ApiClient(SharedService.get().address(), new Credential.Nobody());
                ApiClient viewing =
                        new ApiClient(
                                SharedService.get().address(), new Credential.ApiKey(viewer))) {
            Reply refused = nobody.post(path);
            Envelope.isError(refused, 401, "credential_missing");
            assertThat(refused.header("WWW-Authenticate")).isPresent();
            Envelope.isError(viewing.post(path), 403, "role_insufficient");
        }
    }
}
