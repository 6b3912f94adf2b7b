// Bodies that clients send to the API: any bytes, read as each kind of request reads them. Nothing
// crashes; what is wrong is said with its field and rule, and what is taken is what a second
// reading takes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/custom_body.h"
#include "agent/api/json_body.h"
#include "agent/api/name_list.h"
#include "tests/fuzz/check.h"

namespace {

using agent::JsonBody;

const base::DomainName& hostname() {
  static const base::DomainName name = base::DomainName::parse("www.example.org").value();
  return name;
}

/// Takes the members of one kind of request; what it has read, as text.
std::string take(JsonBody& body, unsigned kind) {
  std::string taken;
  switch (kind) {
    case 0:
      for (const base::DomainName& name : agent::take_names(body, 100)) taken += name.text() + " ";
      taken += body.text("mode").value_or("-");
      taken += body.boolean("https_redirect").value_or(false) ? "on" : "off";
      break;
    case 1: {
      const agent::InstallWish wish = agent::take_installation(body);
      taken = wish.upload.chain_pem + "|" + wish.upload.key_pem + "|" + wish.upload.pkcs12 + "|" +
              std::to_string(wish.return_days.value_or(0));
      break;
    }
    case 2: {
      const agent::RequestWish wish = agent::take_request(body, hostname(), 100);
      FUZZ_CHECK(!wish.names.empty() && wish.names.front() == hostname());
      for (const base::DomainName& name : wish.names) taken += name.text() + " ";
      break;
    }
    default:
      for (const std::string& text : body.texts_if_there("contacts", 10)) taken += text + "|";
      taken += std::to_string(body.number("wildcard_after", 0, 1000).value_or(-1));
  }
  return taken;
}

struct Reading {
  bool is_taken = false;
  std::string taken{};
};

Reading read(const agent::ApiRequest& request, unsigned kind) {
  auto body = JsonBody::parse(request);
  if (!body) {
    FUZZ_CHECK(!body.error().detail.empty());
    return {};
  }
  std::string taken = take(*body, kind);
  const auto problem = body->finish();
  if (!problem) return {true, std::move(taken)};
  FUZZ_CHECK(problem->type == agent::ProblemType::invalid_fields);
  FUZZ_CHECK(!problem->errors.empty() && problem->errors.size() <= 101);
  for (const agent::FieldError& error : problem->errors) {
    FUZZ_CHECK(!error.rule.empty() && !error.detail.empty());
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  agent::ApiRequest request;
  request.content_type = "application/json";
  request.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  const unsigned kind = data[0] % 4;
  const Reading first = read(request, kind);
  const Reading second = read(request, kind);
  FUZZ_CHECK(first.is_taken == second.is_taken && first.taken == second.taken);
  return 0;
}
