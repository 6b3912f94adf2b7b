#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"
#include "base/result.h"

namespace agent {

/// A line of a CSV file, `name[,mode[,https_redirect[,challenge_path]]]` with `on` or `off` for the
/// third, as one of NDJSON; what is left out is not in it. The error is a sentence. No field needs
/// quotes, so there are none.
base::Result<std::string, std::string> csv_to_json(std::string_view line);

struct ImportOptions {
  std::string file{};  ///< `-`: standard input
  OutputFormat output = OutputFormat::table;
};

/// Sends hostnames from CSV or NDJSON, whichever the first line is, in batches; prints what is
/// refused as `FILE:LINE: why` on err and a summary on out. Blank lines, and those that begin with
/// #, are skipped. The status is wrong_input if a line was refused; all others were carried out.
ExitStatus import_hostnames(ApiClient& api,
                            const ImportOptions& options,
                            std::istream& input,
                            const CliEnvironment& environment);

/// The same of the file, or of standard input.
ExitStatus import_file(ApiClient& api,
                       const ImportOptions& options,
                       const CliEnvironment& environment);

}  // namespace agent
