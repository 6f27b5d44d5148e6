package dev.mooring.party;

import com.fasterxml.jackson.databind.node.ObjectNode;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A way in which an endpoint misbehaves. It decides whether the honest work is done at all, and
 * what becomes of its answer. Installed with the party's {@code misbehave} methods.
 */
@FunctionalInterface
public interface Mischief {

    /** Answers in place of the endpoint; {@code honest} does the endpoint's work when called. */
    Answer answer(Received request, Supplier<Answer> honest);

    /** Does nothing but give this answer. */
    static Mischief instead(Answer answer) {
        return (request, honest) -> answer;
    }

    /** Fails with a bare status. */
    static Mischief failing(int status) {
        return instead(Answer.text(status, "text/plain", "This party fails on purpose."));
    }

    /** Asks to come back later. */
    static Mischief unavailable(Duration retryAfter) {
        return instead(Answer.empty(503).with("Retry-After", "" + retryAfter.toSeconds()));
    }

    /** Closes the connection before anything is done. */
    static Mischief droppingTheRequest() {
        return instead(Answer.empty(500).delivered(new Answer.Delivery.Dropped()));
    }

    /** Does the work, then closes the connection without an answer. */
    static Mischief losingTheAnswer() {
        return (request, honest) -> honest.get().delivered(new Answer.Delivery.Dropped());
    }

    /** Sends the answer byte by byte, pausing before each. */
    static Mischief trickling(Duration pause) {
        return (request, honest) -> honest.get().delivered(new Answer.Delivery.Trickled(pause));
    }

    /** Closes the connection after this many bytes of the body. */
    static Mischief cuttingOffAfter(int bytes) {
        return (request, honest) -> honest.get().delivered(new Answer.Delivery.CutOff(bytes));
    }

    /** Does the work only once the gate is open. */
    static Mischief waitingFor(CountDownLatch gate) {
        return (request, honest) -> {
            try {
                gate.await();
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
                return Answer.empty(503);
            }
            return honest.get();
        };
    }

    /** Changes the JSON document of the answer. */
    static Mischief editing(Consumer<ObjectNode> edit) {
        return (request, honest) -> {
            Answer answer = honest.get();
            ObjectNode document = (ObjectNode) answer.json();
            edit.accept(document);
            return new Answer(
                    answer.status(), answer.headers(), document.toString(), answer.delivery());
        };
    }

    /** Says this in a field of the JSON answer. */
    static Mischief saying(String field, String value) {
        return editing(document -> document.put(field, value));
    }

    /** Leaves a field of the JSON answer out. */
    static Mischief omitting(String field) {
        return editing(document -> document.remove(field));
    }

    /** Says {@code null} in a field of the JSON answer. */
    static Mischief nulling(String field) {
        return editing(document -> document.putNull(field));
    }

    /** Pads the JSON answer to more than this many bytes. */
    static Mischief swollenBy(int bytes) {
        return editing(document -> document.put("padding", "x".repeat(bytes)));
    }

    /** Gives the honest answer another media type. */
    static Mischief labelled(String contentType) {
        return (request, honest) -> honest.get().replacing("Content-Type", contentType);
    }

    /** Gives the honest answer another status, such as 200 for an OAuth error. */
    static Mischief withStatus(int status) {
        return (request, honest) -> {
            Answer answer = honest.get();
            return new Answer(status, answer.headers(), answer.body(), answer.delivery());
        };
    }

    /** Sends the client round in circles, each time to a new address of the same endpoint. */
    static Mischief redirectingForEver() {
        return (request, honest) -> {
            int hop = Integer.parseInt(request.query().first("hop").orElse("0"));
            return Answer.redirect(request.path() + "?hop=" + (hop + 1));
        };
    }

    /** Says this in a parameter of the honest redirect, such as another {@code iss}. */
    static Mischief redirectingWith(String parameter, String value) {
        return editingTheRedirect(parameters -> parameters.put(parameter, value));
    }

    /** Leaves a parameter of the honest redirect out. */
    static Mischief redirectingWithout(String parameter) {
        return editingTheRedirect(parameters -> parameters.remove(parameter));
    }

    private static Mischief editingTheRedirect(Consumer<Map<String, String>> edit) {
        return (request, honest) -> {
            Answer answer = honest.get();
            URI location = URI.create(answer.header("Location").orElseThrow());
            Map<String, String> parameters =
                    Parameters.parse(location.getRawQuery()).values().entrySet().stream()
                            .collect(
                                    Collectors.toMap(
                                            Map.Entry::getKey, each -> each.getValue().getFirst()));
            edit.accept(parameters);
            String query =
                    parameters.entrySet().stream()
                            .map(each -> each.getKey() + "=" + encode(each.getValue()))
                            .collect(Collectors.joining("&"));
            String target = location.toString().split("\\?", 2)[0];
            return answer.replacing("Location", target + "?" + query);
        };
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
