package dev.mooring.adapter.rest.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class JsonTest {
    record Part(String partName, Optional<Integer> size) {}

    record Item(
            Optional<String> name,
            Optional<Integer> maxSize,
            Optional<Boolean> active,
            Optional<List<String>> tags,
            Optional<Part> mainPart,
            Optional<List<Part>> parts,
            Optional<Map<String, String>> headers) {}

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"colour":1}                      | unknown_field   | colour         | colour is no field we know
                    {"maxSize":1}                     | unknown_field   | maxSize        | maxSize is no field we know
                    {"main_part":{"weight":1}}        | unknown_field   | main_part.weight | main_part.weight is no field we know
                    {"parts":[{},{"x":1}]}            | unknown_field   | parts[1].x     | parts[1].x is no field we know
                    {"name":"a","name":"b"}           | duplicate_field | name           | name stands there twice (line 1, column 19)
                    {"headers":{"a":"1","a":"2"}}     | duplicate_field | a              | a stands there twice (line 1, column 24)
                    {"name":7}                        | invalid_field   | name           | name must be a text
                    {"name":true}                     | invalid_field   | name           | name must be a text
                    {"name":{}}                       | invalid_field   | name           | name must be a text
                    {"max_size":"7"}                  | invalid_field   | max_size       | max_size must be a whole number
                    {"max_size":1.5}                  | invalid_field   | max_size       | max_size must be a whole number
                    {"max_size":99999999999}          | invalid_field   | max_size       | max_size is too large
                    {"active":"yes"}                  | invalid_field   | active         | active must be true or false
                    {"active":1}                      | invalid_field   | active         | active must be true or false
                    {"tags":"x"}                      | invalid_field   | tags           | tags must be a list
                    {"tags":["x",1]}                  | invalid_field   | tags[1]        | tags[1] must be a text
                    {"main_part":[]}                  | invalid_field   | main_part      | main_part must be an object
                    {"main_part":"x"}                 | invalid_field   | main_part      | main_part must be an object
                    {"headers":[]}                    | invalid_field   | headers        | headers must be an object
                    {"<b>":1}                         | unknown_field   | (a field)      | (a field) is no field we know
                    {"name":                          | invalid_json    |                | The body is not JSON (line 1, column 9)
                    {"name":tru}                      | invalid_json    |                | The body is not JSON (line 1, column 9)
                    {} {}                             | invalid_json    |                | The body is not JSON (line 1, column 4)
                    []                                | invalid_json    |                | The body must be a JSON object
                    "text"                            | invalid_json    |                | The body must be a JSON object
                    null                              | invalid_json    |                | The body must be a JSON object
                    """)
    void badDocumentIsRefusedWithTheFieldOrThePlace(
            String document, String code, String param, String message) {
        ApiError error = refusal(document, Item.class);

        assertThat(error.message()).isEqualTo(message);
        assertThat(error.code()).isEqualTo(code);
        assertThat(error.param()).isEqualTo(Optional.ofNullable(param));
        assertThat(error.status()).isEqualTo(400);
    }

    @Test
    void timesAreWrittenInTheFormOfRfc3339() {
        assertThat(Json.write(Map.of("at", Instant.parse("2026-01-31T12:00:00Z"))))
                .asString()
                .isEqualTo("{\"at\":\"2026-01-31T12:00:00Z\"}");
    }

    @Test
    void emptyBodyIsNoObject() {
        assertThat(refusal("", Item.class).message()).isEqualTo("The body must be a JSON object");
    }

    @Test
    void deepDocumentIsRefused() {
        String deep = "{\"headers\":" + "{\"a\":".repeat(200) + "1" + "}".repeat(201);

        assertThat(refusal(deep, Map.class).message()).contains("nested deeper than 32");
    }

    @Test
    void longFieldNameIsNotRepeated() {
        ApiError error = refusal("{\"" + "x".repeat(200) + "\":1}", Item.class);

        assertThat(error.message()).hasSizeLessThan(100);
    }

    @Test
    void goodDocumentIsReadAndWrittenWithItsAbsentFieldsAbsent() {
        byte[] document =
                """
                {"max_size":3,"tags":["a"],"main_part":{"part_name":"p"}}\
                """
                        .getBytes(StandardCharsets.UTF_8);

        Item item = Json.bind(Json.object(document), Item.class);

        assertThat(item.maxSize()).contains(3);
        assertThat(item.name()).isEmpty();
        assertThat(item.mainPart()).contains(new Part("p", Optional.empty()));
        assertThat(Json.write(item)).isEqualTo(document);
    }

    private static ApiError refusal(String document, Class<?> type) {
        return catchThrowableOfType(
                        RefusedException.class,
                        () ->
                                Json.bind(
                                        Json.object(document.getBytes(StandardCharsets.UTF_8)),
                                        type))
                .error();
    }
}
