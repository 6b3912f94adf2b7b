#include "agent/cli/order_commands.h"

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"
#include "agent/cli/table.h"

namespace agent {

ExitStatus order_list(ApiClient& api,
                      const std::string& authority,
                      OutputFormat output,
                      const CliEnvironment& environment) {
  std::string target = "/v1/orders";
  if (!authority.empty()) target += "?authority=" + ApiClient::percent_encode(authority);
  const auto reply = api.get(target);
  if (!reply) return report(reply.error(), environment);
  Table table({"ID", "AUTHORITY", "STAGE", "SINCE", "FAILURES BEFORE", "NAMES"});
  for (const nlohmann::ordered_json& order : field(*reply, "orders")) {
    if (output == OutputFormat::json) {
      print_json(order, environment);
      continue;
    }
    table.add({text_field(order, "id"),
               text_field(order, "authority"),
               text_field(order, "stage"),
               text_field(order, "created"),
               text_field(order, "failures"),
               joined(field(order, "names"))});
  }
  table.print(environment.out);
  return ExitStatus::ok;
}

}  // namespace agent
