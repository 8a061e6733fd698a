-- Argo CD's health of a SeldonDeployment: Healthy, Progressing or Degraded, from its conditions.
if obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "being deleted" }
end
local status = obj.status
if status == nil or (status.observedGeneration or -1) < 0 then
  return { status = "Progressing", message = "not seen by the operator yet" }
end
if status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "the newest manifest has not been looked at yet" }
end

local found = {}
for _, condition in ipairs(status.conditions or {}) do
  found[condition.type] = condition
end

local function said(condition)
  local message = condition.message or ""
  if message == "" then
    return condition.reason
  end
  return condition.reason .. ": " .. message
end

if found.Stalled ~= nil and found.Stalled.status == "True" then
  return { status = "Degraded", message = said(found.Stalled) }
end
if found.Ready == nil then
  return { status = "Progressing", message = "not judged yet" }
end
if found.Ready.status == "True" then
  return { status = "Healthy", message = said(found.Ready) }
end
if status.state == "Failed" then
  return { status = "Degraded", message = said(found.Ready) }
end
return { status = "Progressing", message = said(found.Ready) }
