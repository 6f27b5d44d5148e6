package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.Test;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Two nodes over one PostgreSQL that neither of them started. */
final class TwoNodesIT extends AcrossNodes {

    private static final String PAUSES_END =
            """
            with wanted as (select clock_timestamp() + make_interval(secs => ?) as until_then),
                of_clients as (update client_pause set until = until_then from wanted)
            update token_endpoint_pause set until = until_then from wanted
            """;

    private static final String LISTENING =
            """
            select count(*) from pg_stat_activity
            where application_name = 'mooring-changes' and state = 'idle'
            """;

    /** Far from both, a moment and half a minute. */
    private static final Duration LONGEST_TELLING = Duration.ofSeconds(20);

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
        assertThat(refreshes()).isEqualTo(1);
        assertThat(issuer.refusals()).isEmpty();
    }

    @Test
    void manyCallersAtBothWhoMeetAnExpiredTokenAreServedByOneRefresh() throws Exception {
        Pending pending = atOne.connect(server.endpoint());
        issuer.expireAccessTokens();

        List<Future<Reply>> replies = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 32; i++) {
                replies.add(callers.submit(() -> atOne.echo(pending.name(), "one")));
                replies.add(callers.submit(() -> atTwo.echo(pending.name(), "two")));
            }
        }

        assertThat(replies).hasSize(64);
        for (Future<Reply> reply : replies) {
            assertThat(reply.get().status()).as(reply.get().body()).isEqualTo(200);
        }
        assertThat(refreshes()).isEqualTo(1);
        // A refresh token that comes twice ends the grant there, and everybody would know.
        assertThat(issuer.refusals()).isEmpty();
        assertThat(atOne.echo(pending.name(), "afterwards").status()).isEqualTo(200);
    }

    @Test
    void aRefreshWhoseAnswerIsLostIsTriedOnceMoreAndThenAPersonIsAsked() throws SQLException {
        Pending pending = atOne.connect(server.endpoint());
        issuer.expireAccessTokens();
        issuer.misbehaveOnce(Endpoint.TOKEN, Mischief.losingTheAnswer());

        Envelope.isError(atOne.echo(pending.name(), "lost"), 502);
        makePausesEndIn(Duration.ofHours(1));
        Envelope.isError(atTwo.echo(pending.name(), "not again at once"), 502);
        assertThat(refreshes()).isEqualTo(1);

        makePausesEndIn(Duration.ZERO);
        assertThat(atTwo.echo(pending.name(), "again").status()).isNotEqualTo(502);
        assertThat(refreshes()).isEqualTo(2);
        assertThat(atOne.state(pending.id())).isEqualTo("needs_reauth");
        assertThat(atOne.client(pending.id()).body()).contains("answer_lost");
    }

    /** However slow this machine is. */
    private static void makePausesEndIn(Duration left) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement change = connection.prepareStatement(PAUSES_END)) {
            change.setDouble(1, left.toMillis() / 1000.0);
            change.executeUpdate();
        }
    }

    private static Connection connect() throws SQLException {
        DatabaseAccess access = database();
        return DriverManager.getConnection(access.url(), access.user(), access.password());
    }

    @Test
    void whatATokenEndpointAsksOneNodeForTheOtherKeepsTooWhoeverReconnects() throws SQLException {
        Pending pending = atOne.connect(server.endpoint());
        issuer.expireAccessTokens();
        issuer.misbehaveOnce(Endpoint.TOKEN, Mischief.unavailable(Duration.ofMinutes(10)));

        Envelope.isError(atOne.echo(pending.name(), "busy"), 502);
        Envelope.isError(atOne.echo(pending.name(), "still"), 502);
        Envelope.isError(atTwo.echo(pending.name(), "here too"), 502);
        assertThat(refreshes()).isEqualTo(1);

        Reply reconnected = atTwo.api().post("/api/mcp/client/" + pending.id() + "/reconnect");
        Envelope.isError(reconnected, 502);
        assertThat(refreshes()).isEqualTo(1);

        makePausesEndIn(Duration.ZERO);
        assertThat(atOne.echo(pending.name(), "served").status()).isEqualTo(200);
        assertThat(refreshes()).isEqualTo(2);
    }

    /**
     * Who is not told looks each half a minute: after a look that found the first change, the
     * second one would take longer than it may.
     */
    @Test
    void whatOneDeletesOrRevokesTheOtherIsToldAndLeavesAtOnce() throws SQLException {
        try (McpServerParty first = withSessions();
                McpServerParty second = withSessions()) {
            Pending toDelete = connectAtBoth(first);
            Pending toRevoke = connectAtBoth(second);
            // Else they look each second.
            awaitListening();

            atOne.delete(toDelete.id());
            awaitLeft(first, "deleted", Duration.ofMinutes(1));
            atOne.api().delete("/api/oauth/config/" + toRevoke.configId());
            awaitLeft(second, "revoked", LONGEST_TELLING);

            assertThat(atTwo.echo(toRevoke.name(), "revoked").status()).isNotEqualTo(200);
        }
    }

    private static void awaitListening() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement listening = connection.prepareStatement(LISTENING)) {
            Eventually.holds("both nodes listen", () -> number(listening) == 2);
        }
    }

    private static int number(PreparedStatement query) {
        try (ResultSet found = query.executeQuery()) {
            found.next();
            return found.getInt(1);
        } catch (SQLException broken) {
            throw new IllegalStateException(broken);
        }
    }

    private McpServerParty withSessions() {
        return McpServerParty.settings()
                .speaking(McpServerParty.Era.LEGACY)
                .protectedBy(issuer, "mcp:tools")
                .start();
    }

    private Pending connectAtBoth(McpServerParty old) {
        Pending pending = atOne.connect(old.endpoint());
        assertThat(atOne.echo(pending.name(), "one").status()).isEqualTo(200);
        assertThat(atTwo.echo(pending.name(), "two").status()).isEqualTo(200);
        assertThat(old.openSessions()).isEqualTo(2);
        return pending;
    }

    private static void awaitLeft(McpServerParty old, String what, Duration patience) {
        long start = System.nanoTime();
        // Their tokens may have been revoked by then, so that their good-byes are not listened to.
        Eventually.holds(
                "both nodes left the server whose client is " + what,
                patience,
                () ->
                        old.received().stream()
                                        .filter(request -> request.method().equals("DELETE"))
                                        .count()
                                == 2);
        System.out.printf(
                "A client that is %s is left by all nodes within %d ms%n",
                what, (System.nanoTime() - start) / 1_000_000);
    }

    private long refreshes() {
        return issuer.received(Endpoint.TOKEN).stream()
                .filter(request -> request.form().text("grant_type").equals("refresh_token"))
                .count();
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
