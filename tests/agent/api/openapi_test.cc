#include "agent/api/openapi.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using nlohmann::json;

json document() {
  return json::parse(openapi_document());
}

/// As Router::routes() spells them.
std::set<std::string> documented_routes() {
  std::set<std::string> routes;
  const json paths = document()["paths"];
  for (const auto& [path, operations] : paths.items()) {
    for (const auto& [method, operation] : operations.items()) {
      std::string route = method;
      std::transform(route.begin(), route.end(), route.begin(), [](unsigned char c) {
        return static_cast<char>(std::toupper(c));
      });
      routes.insert(route + " " + path);
    }
  }
  return routes;
}

/// Calls `visit` with every object in it.
template <class Visit>
void for_each_object(const json& value, const Visit& visit) {
  if (value.is_object()) visit(value);
  if (value.is_structured()) {
    for (const json& child : value) for_each_object(child, visit);
  }
}

/// What in `value` does not fit `schema`, as far as the document uses JSON Schema; empty if all
/// does.
std::string misfit(const json& value, const json& schema, const std::string& place);

std::string misfit_of_type(const json& value, const json& type, const std::string& place) {
  const json types = type.is_array() ? type : json::array({type});
  for (const json& one : types) {
    const std::string name = one;
    const bool fits = (name == "string" && value.is_string()) ||
                      (name == "integer" && value.is_number_integer()) ||
                      (name == "boolean" && value.is_boolean()) ||
                      (name == "object" && value.is_object()) ||
                      (name == "array" && value.is_array()) || (name == "null" && value.is_null());
    if (fits) return "";
  }
  return place + " is " + value.dump() + ", expected " + types.dump() + "\n";
}

std::string misfit_of_object(const json& value, const json& schema, const std::string& place) {
  std::string text;
  const json properties = schema.value("properties", json::object());
  for (const json& name : schema.value("required", json::array())) {
    if (!value.contains(name)) text += place + " has no " + std::string(name) + "\n";
  }
  for (const auto& [name, member] : value.items()) {
    if (properties.contains(name)) {
      text += misfit(member, properties[name], place + "." + name);
    } else if (!properties.empty()) {
      text += place + " has " + name + ", which is not documented\n";
    }
  }
  return text;
}

std::string misfit(const json& value, const json& schema, const std::string& place) {
  if (schema.contains("$ref")) {
    const std::string pointer = std::string(schema["$ref"]).substr(1);
    return misfit(value, document().at(json::json_pointer(pointer)), place);
  }
  if (schema.contains("enum")) {
    const bool is_one = std::count(schema["enum"].begin(), schema["enum"].end(), value) > 0;
    return is_one ? ""
                  : place + " is " + value.dump() + ", expected one of " + schema["enum"].dump();
  }
  if (schema.contains("oneOf")) {
    std::string text;
    for (const json& one : schema["oneOf"]) {
      const std::string problem = misfit(value, one, place);
      if (problem.empty()) return "";
      text += problem;
    }
    return text;
  }
  std::string text = misfit_of_type(value, schema["type"], place);
  if (text.empty() && value.is_object()) text = misfit_of_object(value, schema, place);
  if (value.is_array() && schema.contains("items")) {
    for (const json& item : value) text += misfit(item, schema["items"], place + "[]");
  }
  return text;
}

class OpenApiTest : public ApiFixture {
 protected:
  /// What in the reply is not as documented; empty if all is.
  static std::string misfit_of(const HttpReply& reply,
                               const std::string& method,
                               const std::string& path) {
    const json operation = document()["paths"][path][method];
    const std::string status = std::to_string(reply.status);
    const json responses = operation["responses"];
    const json response = responses.contains(status) ? responses[status] : responses["default"];
    if (!response.contains("content")) return reply.body.empty() ? "" : "a body\n";
    const std::string type = reply.header.at("content-type");
    if (!response["content"].contains(type)) return type + " is not documented\n";
    return misfit(reply.json(), response["content"][type]["schema"], path);
  }
};

TEST_F(OpenApiTest, DocumentsEveryRouteAndNoOther) {
  const std::vector<std::string> routes = api_.admin_routes().routes();
  EXPECT_EQ(std::set<std::string>(routes.begin(), routes.end()), documented_routes());
}

TEST_F(OpenApiTest, IsServedAndWellFormed) {
  const HttpReply reply = get("/v1/openapi.json");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.json()["openapi"], "3.1.0");
  const json whole = document();
  std::set<std::string> ids;
  for_each_object(whole["paths"], [&](const json& object) {
    if (!object.contains("operationId")) return;
    EXPECT_TRUE(ids.insert(object["operationId"]).second) << object["operationId"];
    EXPECT_TRUE(object["responses"].contains("default")) << object["operationId"];
    EXPECT_TRUE(object.contains("summary")) << object["operationId"];
  });
  for_each_object(whole, [&](const json& object) {
    if (!object.contains("$ref")) return;
    const std::string pointer = std::string(object["$ref"]).substr(1);
    EXPECT_TRUE(whole.contains(json::json_pointer(pointer))) << pointer;
  });
}

TEST_F(OpenApiTest, RepliesAreAsDocumented) {
  EXPECT_EQ(misfit_of(put("/v1/tenants/alice", "{}"), "put", "/v1/tenants/{id}"), "");
  EXPECT_EQ(
      misfit_of(put("/v1/zones/example.org", R"({"tenant": "alice"})"), "put", "/v1/zones/{name}"),
      "");
  EXPECT_EQ(
      misfit_of(
          post("/v1/hostnames", R"({"names": ["www.example.org"]})"), "post", "/v1/hostnames"),
      "");
  issue("www.example.org", now() + std::chrono::hours(24));
  EXPECT_EQ(misfit_of(get("/v1/hostnames/www.example.org"), "get", "/v1/hostnames/{name}"), "");
  EXPECT_EQ(misfit_of(get("/v1/hostnames/x.example.org"), "get", "/v1/hostnames/{name}"), "");
  EXPECT_EQ(
      misfit_of(
          put("/v1/hostnames/www.example.org", R"({"mode": 1})"), "put", "/v1/hostnames/{name}"),
      "");
  EXPECT_EQ(
      misfit_of(
          post("/v1/hostnames/www.example.org/csr", "{}"), "post", "/v1/hostnames/{name}/csr"),
      "");
  EXPECT_EQ(misfit_of(get("/v1/hostnames/www.example.org/csr"), "get", "/v1/hostnames/{name}/csr"),
            "");
  EXPECT_EQ(misfit_of(post("/v1/hostnames/www.example.org/certificate", "{}"),
                      "post",
                      "/v1/hostnames/{name}/certificate"),
            "");
  for (const char* path : {"/v1/hostnames",
                           "/v1/certificates",
                           "/v1/tenants",
                           "/v1/zones",
                           "/v1/tokens",
                           "/v1/events",
                           "/v1/authorities",
                           "/v1/haproxy",
                           "/v1/version",
                           "/readyz"}) {
    EXPECT_EQ(misfit_of(get(path), "get", path), "");
  }
  EXPECT_EQ(misfit_of(get("/v1/certificates/www.example.org"), "get", "/v1/certificates/{id}"), "");
  EXPECT_EQ(
      misfit_of(post("/v1/tokens", R"({"name": "ci", "scope": "admin"})"), "post", "/v1/tokens"),
      "");
  EXPECT_EQ(misfit_of(post("/v1/certificates/renew", R"({"names": ["www.example.org"]})"),
                      "post",
                      "/v1/certificates/renew"),
            "");
}

TEST(OpenApiMisfit, SeesWhatIsNotAsDocumented) {
  const json schema = {{"$ref", "#/components/schemas/Tenant"}};
  EXPECT_EQ(misfit({{"id", 1}, {"colour", "red"}}, schema, "t"),
            "t has no title\nt has no wildcard_after\nt has no created\n"
            "t has colour, which is not documented\nt.id is 1, expected [\"string\"]\n");
}

}  // namespace
}  // namespace agent
