package dev.mooring.adapter.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.adapter.mcp.JsonRpc.Message;
import dev.mooring.domain.InvalidValueException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;

class JsonRpcTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "7",
                "[]",
                "{}",
                "{\"jsonrpc\":\"2.0\",\"id\":1}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}",
                "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551617,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}} {}",
                "{\"jsonrpc\":\"2.0\",\"error\":\"no\"}",
                "<html>",
            })
    void whatIsNoMessageToUsIsLeftOut(String json) {
        assertThat(parse(json)).isEmpty();
    }

    @Test
    void aMessageThatIsTooDeepIsNone() {
        assertThat(parse("{\"id\":1,\"result\":{\"a\":" + "[".repeat(200) + "]".repeat(200) + "}}"))
                .isEmpty();
    }

    @Test
    void everyKindOfMessageIsRecognised() {
        assertThat(
                        parse(
                                """
                                [{"id":1,"result":{"a":1.10}},
                                 {"id":"x","error":{"code":-1,"message":"m"}},
                                 {"id":"x","method":"ping"},
                                 {"method":"notifications/message","params":{}}]
                                """))
                .satisfiesExactly(
                        result ->
                                assertThat(result)
                                        .isInstanceOfSatisfying(
                                                Message.Result.class,
                                                r ->
                                                        assertThat(JsonRpc.text(r.value()))
                                                                .isEqualTo("{\"a\":1.10}")),
                        failure ->
                                assertThat(failure)
                                        .isInstanceOfSatisfying(
                                                Message.Failure.class,
                                                f ->
                                                        assertThat(f.id())
                                                                .isEqualTo(OptionalLong.empty())),
                        request -> assertThat(request).isInstanceOf(Message.Request.class),
                        notification ->
                                assertThat(notification).isInstanceOf(Message.Notification.class));
    }

    @Test
    void theTextOfAnErrorIsBoundedAndHarmless() {
        String message = "\\u001b[31m\\u0000" + "x".repeat(5000);
        Message.Failure failure =
                (Message.Failure)
                        parse("{\"id\":1,\"error\":{\"code\":-1,\"message\":\"" + message + "\"}}")
                                .getFirst();
        assertThat(failure.error().message()).hasSize(1024).startsWith("\uFFFD[31m\uFFFDxxx");
    }

    @Test
    void aRequestOfTheServersIsAnsweredWithItsOwnId() {
        assertThat(reply("{\"id\":\"p-1\",\"method\":\"ping\"}"))
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":\"p-1\",\"result\":{}}");
        assertThat(reply("{\"id\":7,\"method\":\"roots/list\"}"))
                .startsWith("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32601,");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "null", "\"a\"", "{", "{} {}", "{\"a\":1,\"a\":2}", "{a:1}"})
    void argumentsAreOneJsonObject(String arguments) {
        assertThatThrownBy(() -> JsonRpc.arguments(arguments))
                .isInstanceOfSatisfying(
                        InvalidValueException.class,
                        e -> assertThat(e.field()).isEqualTo("function.arguments"));
    }

    @Test
    void argumentsKeepTheirNumbersAsTheyAre() {
        String arguments = "{\"a\":12345678901234567890.10,\"b\":12345678901234567890}";
        assertThat(JsonRpc.text(JsonRpc.arguments(arguments))).isEqualTo(arguments);
    }

    private static List<Message> parse(String json) {
        return JsonRpc.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    private static String reply(String request) {
        return new String(
                JsonRpc.replyTo((Message.Request) parse(request).getFirst()),
                StandardCharsets.UTF_8);
    }
}
