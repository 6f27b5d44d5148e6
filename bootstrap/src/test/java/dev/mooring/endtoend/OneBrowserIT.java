package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Browser.Page;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A link that a signed-in browser asked for is that browser's own. */
final class OneBrowserIT {

    private final SignInParty people = SignInParty.start();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();

    @AfterEach
    void stop() {
        server.close();
        issuer.close();
        people.close();
    }

    @Test
    void anotherBrowserIsRefusedAndTheRightOneFinishesAfterwards() {
        try (ServiceProcess service =
                        ServiceProcess.start(
                                SharedService.newDataDirectory(), people.environment());
                Mooring mooring = new Mooring(service.address(), service.printedKey());
                Browser mine = new Browser();
                Browser other = new Browser()) {
            mine.openUntil(service.address() + "/sign-in", service.address() + "/?");
            Reply registered =
                    new Reply(
                            mine.post(
                                            service.address() + "/api/mcp/client",
                                            Mooring.request(server.endpoint()).toString())
                                    .response());
            assertThat(registered.text("/link_for")).isEqualTo("this_browser");
            Pending pending = Mooring.pending("any", registered);

            Page refused = other.open(pending.authorizeUrl());
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.body()).contains("another browser").doesNotContain("<script");
            assertThat(mooring.status(pending.configId())).isEqualTo("pending");
            assertThat(issuer.redemptions()).isZero();

            assertThat(mine.open(pending.authorizeUrl()).status()).isEqualTo(200);
            assertThat(mooring.status(pending.configId())).isEqualTo("authorized");
            assertThat(mooring.complete(pending.id()).status()).isEqualTo(200);
            assertThat(issuer.redemptions()).isEqualTo(1);
        }
    }
}
