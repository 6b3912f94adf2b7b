#pragma once

#include <string>

#include "agent/simulation/simulation.h"

namespace agent {

/// For people: the sum, and about two dozen lines of what happened when.
std::string render_table(const SimulationOptions& options, const SimulationResult& result);

/// For programs: one object with the sum, and one for each day.
std::string render_json(const SimulationOptions& options, const SimulationResult& result);

/// A picture of certificates a day, and the backlog below it (SVG, with its own background).
std::string render_svg(const SimulationOptions& options, const SimulationResult& result);

}  // namespace agent
