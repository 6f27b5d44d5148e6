package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Two nodes over one PostgreSQL that neither of them started. */
final class TwoNodesIT {

    private static EmbeddedPostgres database;
    private static TwoNodes nodes;

    private final ServiceProcess one = nodes.one();
    private final ServiceProcess two = nodes.two();
    private final Mooring atOne = new Mooring(one.address(), TwoNodes.KEY);
    private final Mooring atTwo = new Mooring(two.address(), TwoNodes.KEY);
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();

    @BeforeAll
    static void start() {
        database = EmbeddedPostgres.start(SharedService.newDataDirectory(), new SecureRandom());
        nodes = TwoNodes.start(database.access());
    }

    @AfterAll
    static void end() {
        nodes.close();
        database.close();
    }

    @AfterEach
    void stop() {
        atOne.close();
        atTwo.close();
        server.close();
        issuer.close();
    }

    @Test
    void callsAtBothAtOnceMakeOneConnection() throws Exception {
        Pending pending = atOne.register(server.endpoint());
        atTwo.consent(pending);

        List<Future<Reply>> replies = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                replies.add(callers.submit(() -> atOne.complete(pending.id())));
                replies.add(callers.submit(() -> atTwo.complete(pending.id())));
            }
        }

        for (Future<Reply> reply : replies) {
            assertThat(reply.get().status()).as(reply.get().body()).isEqualTo(200);
        }
        assertThat(server.received("tools/list")).hasSize(1);
        assertThat(issuer.mostRedemptionsOfOneCode()).isEqualTo(1);
    }

    @Test
    void theSameCallbackAtBothRedeemsOnce() throws Exception {
        Pending pending = atOne.register(server.endpoint());
        String callback =
                atOne.browser()
                        .openUntil(pending.authorizeUrl(), one.address() + "/api/oauth/callback")
                        .toString();
        String callbackAtTwo = callback.replace(one.address(), two.address());

        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Browser.Page> first = callers.submit(() -> atOne.browser().open(callback));
            Future<Browser.Page> second = callers.submit(() -> atTwo.browser().open(callbackAtTwo));

            assertThat(first.get().status()).isEqualTo(200);
            assertThat(second.get().status()).isEqualTo(200);
        }
        assertThat(issuer.redemptions()).isEqualTo(1);
    }

    @Test
    void anExpiredTokenIsRefreshedOnceForBoth() throws Exception {
        Pending pending = atOne.connect(server.endpoint());
        issuer.expireAccessTokens();

        List<Future<Reply>> replies = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 4; i++) {
                replies.add(callers.submit(() -> atOne.echo(pending.name(), "one")));
                replies.add(callers.submit(() -> atTwo.echo(pending.name(), "two")));
            }
        }

        for (Future<Reply> reply : replies) {
            assertThat(reply.get().status()).as(reply.get().body()).isEqualTo(200);
        }
        assertThat(
                        issuer.received(Endpoint.TOKEN).stream()
                                .filter(request ->
                                        request.form().text("grant_type").equals("refresh_token")))
                .hasSize(1);
        assertThat(issuer.refusals()).isEmpty();
    }

    @Test
    void whatOneDeletesTheOtherServesNoMore() {
        Pending pending = atOne.connect(server.endpoint());
        assertThat(atTwo.echo(pending.name(), "shared").status()).isEqualTo(200);

        atOne.delete(pending.id());

        Envelope.isError(atTwo.echo(pending.name(), "gone"), 404);
        Envelope.isError(atTwo.client(pending.id()), 404);
    }

    @Test
    void aNodeThatDiesLeavesTheOtherEverything() {
        Pending pending = atTwo.register(server.endpoint());
        atTwo.consent(pending);

        two.kill();
        try {
            assertThat(atOne.complete(pending.id()).status()).isEqualTo(200);
            assertThat(atOne.echo(pending.name(), "survived").status()).isEqualTo(200);
        } finally {
            two.startAgain();
        }
        assertThat(atTwo.echo(pending.name(), "back").status()).isEqualTo(200);
    }
}
