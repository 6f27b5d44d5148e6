package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.party.Answer;
import dev.mooring.party.LoopbackServer;

import org.junit.jupiter.api.Test;

import java.util.Map;

final class BrowserTest {

    @Test
    void itFollowsRedirectsKeepsCookiesAndPressesTheButton() {
        try (LoopbackServer site =
                        LoopbackServer.start(request ->
                                switch (request.path()) {
                                    case "/start" ->
                                            Answer.redirect("/ask")
                                                    .with("Set-Cookie", "crumb=1; Path=/");
                                    case "/ask" ->
                                            Answer.text(
                                                    200,
                                                    "text/html",
                                                    "<form method=\"post\" action=\"/done\">"
                                                            + "<input type=\"hidden\""
                                                            + " name=\"a b\" value=\"c&d\">"
                                                            + "</form>");
                                    default ->
                                            Answer.text(
                                                    200,
                                                    "text/html",
                                                    request.header("Cookie").orElse("none")
                                                            + " "
                                                            + request.form().text("a b"));
                                });
                Browser browser = new Browser()) {
            assertThat(browser.open(site.origin() + "/start").body()).isEqualTo("crumb=1 c&d");
        }
    }

    @Test
    void itWritesWhatThePersonKnowsAndPressesTheFirstButtonOnly() {
        String form =
                "<form id=\"login\" action=\"/in?a=1&amp;b=2\" method=\"post\">"
                        + "<input tabindex=\"1\" name=\"username\" type=\"text\" value=\"\"/>"
                        + "<input type=\"submit\" value=\"Yes\" name=\"accept\"/>"
                        + "<input type=\"submit\" value=\"No\" name=\"cancel\"/></form>";
        try (LoopbackServer site =
                        LoopbackServer.start(request ->
                                request.path().equals("/in")
                                        ? Answer.text(
                                                200,
                                                "text/plain",
                                                request.query().text("b")
                                                        + request.form().text("username")
                                                        + request.form().text("accept")
                                                        + request.form().text("cancel")
                                                        + request.header("Cookie").orElse("none"))
                                        : Answer.text(200, "text/html", form)
                                                .with("Set-Cookie", "s=t; Secure; Path=/"));
                Browser browser = new Browser(Map.of("username", "resident"))) {
            assertThat(browser.open(site.origin() + "/login").body()).isEqualTo("2residentYess=t");
        }
    }

    @Test
    void itNeverLeavesThisMachine() {
        try (LoopbackServer site =
                        LoopbackServer.start(request -> Answer.redirect("http://example.test/"));
                Browser browser = new Browser()) {
            assertThatThrownBy(() -> browser.open(site.origin()))
                    .hasMessageContaining("stays on this machine");
        }
    }

    @Test
    void itGivesUpOnAnEndlessWalk() {
        try (LoopbackServer site = LoopbackServer.start(request -> Answer.redirect("/again"));
                Browser browser = new Browser()) {
            assertThatThrownBy(() -> browser.open(site.origin())).hasMessageContaining("not end");
        }
    }
}
