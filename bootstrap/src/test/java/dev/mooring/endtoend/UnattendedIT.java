package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.UncheckedIOException;
import java.security.KeyPair;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Grants for which nobody has to consent, at two nodes and a server as strict as with persons. */
final class UnattendedIT extends AcrossNodes {

    private static final String ID = "a-machine";
    private static final String SECRET = "the-secret-of-a-machine";
    private static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private static final String EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

    private static final String TOKENS_END =
            "update oauth_grant set expires_at = clock_timestamp() - interval '1 second'";
    private static final String LEASES_END =
            "update oauth_grant set lease_until = clock_timestamp() where lease_until is not null";

    private final AuthorizationServerParty granting =
            AuthorizationServerParty.settings().grantingWithoutAPerson().start();
    private final McpServerParty tools =
            McpServerParty.settings().protectedBy(granting, "mcp:tools").start();

    /** How a machine proves itself. */
    enum Proof {
        SECRET_IN_THE_HEADER,
        SIGNATURE
    }

    @AfterEach
    void stopGranting() {
        tools.close();
        granting.close();
    }

    @ParameterizedTest
    @EnumSource
    void aMachineIsServedByBothNodesWithOneToken(Proof proof) {
        String name = connect(proof);

        assertThat(atTwo.echo(name, "two").status()).isEqualTo(200);
        assertThat(atOne.echo(name, "one").status()).isEqualTo(200);

        assertThat(tokenRequests()).isEqualTo(1);
        assertThat(granting.refusals()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void manyCallersAtBothWhoAreToldThatTheTokenEndedAreServedByOneRequest(Proof proof)
            throws Exception {
        String name = connect(proof);
        granting.expireAccessTokens();

        thirtyTwoAtEach(name);

        assertThat(tokenRequests()).isEqualTo(2);
        assertThat(granting.refusals()).isEmpty();
    }

    @Test
    void manyCallersAtBothWhoFindTheTokenEndedAreServedByOneRequest() throws Exception {
        String name = connect(Proof.SIGNATURE);
        granting.expireAccessTokens();
        execute(TOKENS_END);

        thirtyTwoAtEach(name);

        assertThat(tokenRequests()).isEqualTo(2);
        assertThat(granting.refusals()).isEmpty();
    }

    /** What the server issued to the dead is lost, and costs nobody anything. */
    @Test
    void aNodeThatDiesWhileItAsksLeavesTheOtherToAskAgain() throws Exception {
        String name = connect(Proof.SIGNATURE);
        granting.expireAccessTokens();
        HeldRequest held = new HeldRequest(HeldRequest.Moment.HANDLED);
        granting.misbehaveOnce(Endpoint.TOKEN, held);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Boolean> answered = callers.submit(() -> isAnswered(name));
            Eventually.holds("the request is at the server", held::stands);
            one.kill();
            held.releaseAfterTheKill(true);
            assertThat(answered.get()).isFalse();
        }
        try {
            execute(LEASES_END);
            Reply reply = atTwo.echo(name, "still here");
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            assertThat(tokenRequests()).isEqualTo(3);
        } finally {
            one.startAgain();
        }
        assertThat(atOne.echo(name, "back").status()).isEqualTo(200);
        assertThat(tokenRequests()).isEqualTo(3);
        assertThat(granting.refusals()).isEmpty();
    }

    @Test
    void theWordOfAnIdentityProviderServesBothNodes() throws Exception {
        KeyPair key = SigningKeys.pair("EC", 256);
        try (AuthorizationServerParty provider =
                AuthorizationServerParty.settings().grantingWithoutAPerson().start()) {
            provider.preregisterMachine(ID, "at-the-provider", "client_secret_basic", EXCHANGE);
            provider.vouchFor("the-id-token-of-a-person", "a-person", key.getPrivate());
            granting.preregisterMachine(ID, SECRET, "client_secret_basic", JWT_BEARER);
            granting.trust(provider.issuer(), "ES256", key.getPublic());
            ObjectNode request = request(JWT_BEARER);
            ObjectNode config = (ObjectNode) request.path("oauth_config");
            config.put("client_secret", SECRET);
            config.putObject("identity_provider")
                    .put("issuer", provider.issuer())
                    .put("client_id", ID)
                    .put("client_secret", "at-the-provider")
                    .put("subject_token", "the-id-token-of-a-person");
            String name = connect(request);
            granting.expireAccessTokens();

            thirtyTwoAtEach(name);

            // Each assertion was asked for once, and used once.
            assertThat(provider.received(Endpoint.TOKEN)).hasSize(2);
            assertThat(tokenRequests()).isEqualTo(2);
            assertThat(provider.refusals()).isEmpty();
            assertThat(granting.refusals()).isEmpty();
        }
    }

    private String connect(Proof proof) {
        ObjectNode request = request("client_credentials");
        ObjectNode config = (ObjectNode) request.path("oauth_config");
        switch (proof) {
            case SECRET_IN_THE_HEADER -> {
                granting.preregisterMachine(
                        ID, SECRET, "client_secret_basic", "client_credentials");
                config.put("client_secret", SECRET);
            }
            case SIGNATURE -> {
                KeyPair pair = SigningKeys.pair("EC", 256);
                granting.preregisterSigning(ID, "ES256", pair.getPublic(), "client_credentials");
                config.put("private_key_pem", SigningKeys.pem(pair));
            }
        }
        return connect(request);
    }

    private ObjectNode request(String grantType) {
        ObjectNode request = Mooring.request(tools.endpoint());
        request.putObject("oauth_config").put("grant_type", grantType).put("client_id", ID);
        return request;
    }

    private String connect(ObjectNode request) {
        Reply reply = atOne.api().post("/api/mcp/client", request);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.text("/status")).isEqualTo("success");
        return request.path("name").asText();
    }

    private void thirtyTwoAtEach(String name) throws Exception {
        List<Future<Reply>> replies = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 32; i++) {
                replies.add(callers.submit(() -> atOne.echo(name, "one")));
                replies.add(callers.submit(() -> atTwo.echo(name, "two")));
            }
        }
        for (Future<Reply> reply : replies) {
            assertThat(reply.get().status()).as(reply.get().body()).isEqualTo(200);
        }
    }

    private boolean isAnswered(String name) {
        try {
            return atOne.echo(name, "nobody hears").status() > 0;
        } catch (UncheckedIOException died) {
            return false;
        }
    }

    private int tokenRequests() {
        return granting.received(Endpoint.TOKEN).size();
    }

    private static void execute(String sql) throws SQLException {
        DatabaseAccess access = database();
        try (Connection connection =
                        DriverManager.getConnection(
                                access.url(), access.user(), access.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
