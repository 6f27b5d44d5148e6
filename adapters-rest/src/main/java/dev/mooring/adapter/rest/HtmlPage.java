package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Answer;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;

import java.nio.charset.StandardCharsets;

/**
 * One of the few pages we show to people: plain, without anything from elsewhere, and with headers
 * that let a browser do no more than show it.
 */
final class HtmlPage {
    private static final String STYLE =
            "body{font:1.1rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:34rem;"
                    + "padding:0 1rem}";

    private HtmlPage() {}

    /**
     * @param nonce unguessable and used once; lets this page's style and script run and no others
     * @param body HTML; what is inserted into it is escaped already
     */
    static Answer of(Status status, String title, String body, String nonce) {
        String page =
                """
                <!doctype html>
                <html lang="en">
                <head><meta charset="utf-8"><title>%s</title><style nonce="%s">%s</style></head>
                <body>
                %s
                </body>
                </html>
                """
                        .formatted(escape(title), nonce, STYLE, body);
        return Answer.of(status, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8))
                .with(
                        HeaderValues.create(
                                "Content-Security-Policy",
                                "default-src 'none'; style-src 'nonce-%s'; script-src 'nonce-%s';"
                                                .formatted(nonce, nonce)
                                        + " form-action 'self'; base-uri 'none'; frame-ancestors"
                                        + " 'none'"))
                .with(HeaderValues.create("Referrer-Policy", "no-referrer"))
                .with(HeaderValues.create("Cross-Origin-Opener-Policy", "unsafe-none"))
                .with(HeaderNames.CACHE_CONTROL, "no-store");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
