package dev.mooring.adapter.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

class ParameterHeadersTest {

    /** The table of the specification, and the borders around it. */
    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            quoteCharacter = '\'',
            value = {
                "us-west1,us-west1",
                "'Hello, 世界','=?base64?SGVsbG8sIOS4lueVjA==?='",
                "' padded ','=?base64?IHBhZGRlZCA=?='",
                "'line1\nline2','=?base64?bGluZTEKbGluZTI=?='",
                "'=?base64?literal?=','=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='",
                "'=?BASE64?x?=','=?BASE64?x?='",
                "'=?base64?x','=?base64?x'",
                "'a\tb','=?base64?YQli?='",
                "'\ta','=?base64?CWE=?='",
                "'',''",
            })
    void aValueIsEncodedOnlyWhereItMustBe(String value, String encoded) {
        assertThat(ParameterHeaders.encode(value)).isEqualTo(encoded);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`\"a\"`,a",
                "42,42",
                "-7,-7",
                "42.0,42",
                "1e3,1000",
                "9007199254740991,9007199254740991",
                "1.5,1.5",
                "1e999999999,1E+999999999",
                "true,true",
                "false,false",
            })
    void aValueIsWrittenAsItsTypeSays(String json, String header) {
        assertThat(
                        fields(
                                "{'type':'object','properties':{'p':%s}}".formatted(annotated("P")),
                                "{'p':%s}".formatted(json)))
                .containsExactly("Mcp-Param-P: " + header);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "9007199254740991,true",
                "-9007199254740991,true",
                "9007199254740992,false",
                "-9007199254740992,false",
                "1e999999999,false",
                "1e-999999999,true",
                "true,true",
                "null,true",
                "{'q':1},true",
            })
    void anIntegerMustBeOneThatJavaScriptKeepsExact(String json, boolean fit) {
        assertThat(unfit("{'p':%s}".formatted(json)).isEmpty()).isEqualTo(fit);
    }

    @Test
    void aTextMustFitIntoAHeader() {
        assertThat(unfit("{'p':'%s'}".formatted("x".repeat(2048)))).isEmpty();
        assertThat(unfit("{'p':'%s'}".formatted("x".repeat(2049)))).contains("p");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'p':null}", "{'p':{'q':1}}", "{'p':[1]}", "{'q':1}"})
    void whatIsNotThereOrHasNoTextHasNoHeader(String arguments) {
        assertThat(fields("{'properties':{'p':%s}}".formatted(annotated("P")), arguments))
                .isEmpty();
    }

    @Test
    void nestedPropertiesAreMirroredByTheirPath() {
        String schema =
                "{'properties':{'a':{'type':'object','properties':{'b':%s}},'properties':%s}}"
                        .formatted(annotated("Deep"), annotated("Named-Properties"));
        assertThat(fields(schema, "{'a':{'b':'x'},'properties':'y','b':'z'}"))
                .containsExactlyInAnyOrder("Mcp-Param-Deep: x", "Mcp-Param-Named-Properties: y");
    }

    @Test
    void aParameterMayBeCalledLikeTheAnnotation() {
        assertThat(
                        fields(
                                "{'properties':{'x-mcp-header':{'type':'string'}}}",
                                "{'x-mcp-header':'a'}"))
                .isEmpty();
    }

    @Test
    void dataThatLooksLikeAnAnnotationIsNone() {
        assertThat(
                        fields(
                                "{'properties':{'p':{'type':'object','default':{'x-mcp-header':'P'}}}}",
                                "{}"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // not a token
                "{'properties':{'p':{'type':'string','x-mcp-header':''}}}",
                "{'properties':{'p':{'type':'string','x-mcp-header':'a b'}}}",
                "{'properties':{'p':{'type':'string','x-mcp-header':'a\\r\\nb'}}}",
                "{'properties':{'p':{'type':'string','x-mcp-header':'ä'}}}",
                "{'properties':{'p':{'type':'string','x-mcp-header':7}}}",
                "{'properties':{'p':{'type':'string','x-mcp-header':null}}}",
                // not a primitive type
                "{'properties':{'p':{'type':'number','x-mcp-header':'P'}}}",
                "{'properties':{'p':{'type':'object','x-mcp-header':'P'}}}",
                "{'properties':{'p':{'type':['string','array'],'x-mcp-header':'P'}}}",
                "{'properties':{'p':{'type':['null'],'x-mcp-header':'P'}}}",
                "{'properties':{'p':{'x-mcp-header':'P'}}}",
                // twice
                "{'properties':{'p':{'type':'string','x-mcp-header':'Same'},'q':{'type':'string','x-mcp-header':'same'}}}",
                // not reachable through properties alone
                "{'type':'string','x-mcp-header':'P'}",
                "{'properties':{'p':{'items':{'type':'string','x-mcp-header':'P'}}}}",
                "{'properties':{'p':{'prefixItems':[{'type':'string','x-mcp-header':'P'}]}}}",
                "{'properties':{'p':{'items':{'properties':{'q':{'type':'string','x-mcp-header':'P'}}}}}}",
                "{'oneOf':[{'properties':{'p':{'type':'string','x-mcp-header':'P'}}}]}",
                "{'if':{'properties':{'p':{'type':'string','x-mcp-header':'P'}}}}",
                "{'$defs':{'p':{'type':'string','x-mcp-header':'P'}}}",
                "{'additionalProperties':{'type':'string','x-mcp-header':'P'}}",
            })
    void anAnnotationAgainstTheRulesSpoilsTheTool(String schema) {
        assertThat(ParameterHeaders.of(JsonRpc.arguments(json(schema)))).isEmpty();
    }

    private static String annotated(String name) {
        return "{'type':['string','null','integer','boolean'],'x-mcp-header':'%s'}".formatted(name);
    }

    private static Optional<String> unfit(String arguments) {
        return ParameterHeaders.of(
                        JsonRpc.arguments(
                                json("{'properties':{'p':%s}}".formatted(annotated("P")))))
                .orElseThrow()
                .unfit(JsonRpc.arguments(json(arguments)));
    }

    private static List<String> fields(String schema, String arguments) {
        return ParameterHeaders.of(JsonRpc.arguments(json(schema)))
                .orElseThrow()
                .fields(JsonRpc.arguments(json(arguments)))
                .stream()
                .map(field -> field.name() + ": " + field.value())
                .collect(Collectors.toList());
    }

    private static String json(String withSingleQuotes) {
        return withSingleQuotes.replace('\'', '"');
    }
}
