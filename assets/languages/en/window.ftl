# The window's texts, grouped by the place where they stand. Texts on buttons and labels must stay short.

## Words that stand in several places

open = Open…
open-tip = Open a picture file (O)
paste = Paste
paste-tip = From the clipboard (Ctrl V)
cancel = Cancel
close = Close
close-tip = Close (Esc)
undo = Undo
put-back = Put it back
save = Save
rename = Rename
copy-commands = Copy commands
key-ctrl = Ctrl { $key }
key-space = Space
key-enter = Enter
pasted-name = Pasted picture
pasted-opening = the pasted picture
untitled = Portrait
file-saved = { $file } is saved
megabytes = { $number } MB
kilobytes = { $number } kB

## Names that the program gives

portrait-garden = Straw Hat, Noon
portrait-lady = Lady in Umber
portrait-dutch = The Crimson Cap
portrait-chalk = The Old Pilot
performance-talk = Talk
performance-laugh = Laugh
performance-doubt = Doubt
performance-look-around = Look around
reader-face = face reader
preset-natural = Natural
preset-natural-tip = Everything as you do it
preset-lively = Lively
preset-lively-tip = A little more of everything, for somebody who sits still
preset-theatre = Theatre
preset-theatre-tip = Large gestures that are seen from the last row
preset-eyes = Eyes only
preset-eyes-tip = The head keeps still, the eyes follow you

## The menu of languages

language = Language
language-system = As the system: { $name }
language-japanese = Japanese
language-chinese = Chinese (simplified)
language-no-font = No font for this language is installed. Install one, such as Noto Sans CJK, and start Retrato again
language-no-font-start = No font for { $language } is installed, so the window speaks English. Install one, such as Noto Sans CJK, and start Retrato again

## The stage without a portrait

empty-title = Drop a portrait here
empty-note = A painting, a photo, a drawing: anything with a face. It will look, speak and blink as you do.
empty-no-drop = Dropping files does not work in a Wayland session yet: please use Open or Paste.
empty-try = or try one of these
drop-portrait = Drop to bring it to life
drop-driver = Drop to let it drive the portrait
drop-neither = This is not a picture or a clip
drop-more = { $list } and { $count } more

## The stage with a portrait

stage-portrait = Portrait: { $name }
stage-caption-drop = { $name }  ·  drop a portrait of your own anywhere
stage-caption-open = { $name }  ·  press O to open a portrait of your own
stage-opening = Opening { $name } …
stage-clipboard = Reading the clipboard …
stage-replay = Replay
stage-show-panel = Show side panel (P)
no-face = No face found: look into the camera
no-face-clip = No face is seen here in the clip
driver-stalled-pill = { $name } has sent nothing for { $seconds } s: check its cable
countdown-label = Recording in { $number }, Esc cancels
countdown-cancel = Esc cancels

## The driver's picture on the stage

inset-label = Driver picture: { $seen }
inset-face = a face is found
inset-lids = Lids
inset-mouth = Mouth
inset-brows = Brows
inset-hide = Hide camera picture (C)
inset-show = Show camera picture (C)
sight-loading = The face reader is still loading
sight-dark = Too dark: turn on a light
sight-turned = Turned away: look into the camera
sight-small = Too small: come closer
sight-gone = Out of the picture: come back in
sight-unknown = No face: look into the camera

## Framing

framing-tip = What of the picture is shown and recorded
framing-head = Head
framing-bust = Head and shoulders
framing-whole = Whole picture
framing-note = By hand: the wheel goes nearer, dragging moves, a double click shows all of it. Recordings, snapshots and the virtual camera show the same part.
panes-alone = Record the living portrait
panes-before-after = Record before and after
panes-triptych = Record you, the painting, the living one
panes-triptych-note = Recordings show you, too.
mark = Mark recordings and snapshots
mark-tip = The word SYNTHETIC in the corner of every picture
background = Background
background-own = The picture's own background
background-blurred = Blurred background
background-green = Green, to be keyed out
background-transparent = Transparent, for snapshots
background-transparent-note = Films and the virtual camera have no transparency: choose green for them.
background-colour = Background { $colour }
background-other = Another colour
background-number = Number of the colour
background-no-film = A film has no transparency. Choose green and key it out later; snapshots stay transparent.
output = Output window
output-tip = The portrait alone in a window of its own, for OBS or a projector: F11 fills the screen, Esc closes it (W)

## Where is the face?

face-number = Face { $number }
face-box = Box around the face: drag to draw, arrow keys move, plus and minus resize
face-which = { $count } faces in { $name }: which one shall come to life?
face-none = No face was found in { $name }. Drag a box around it, from brow to chin.
face-draw = Drag a box around the face, from brow to chin.
face-use-box = Use this box
face-use = Use this face
face-draw-instead = Draw a box
face-draw-instead-tip = None of these is right
face-keep-largest = Keep the largest face (Esc)
face-do-not-open = Do not open this picture (Esc)

## The gallery

gallery-all = All portraits
gallery-all-count = All { $count }
gallery-all-tip = All portraits: yours and the built-in ones (G)
gallery-portrait-missing = Portrait: { $name }, its file is missing
gallery-remove = Remove { $name }
sheet-title = Portraits
sheet-close = Close the portraits (Esc)
sheet-own = Yours, the newest first
sheet-own-none = Portraits that you open stay here, with their face, their motion and their further pictures.
sheet-built-in = They come with Retrato
sheet-missing = The file is not there
sheet-missing-tip = { $file } is not there any more. Bring the file back and click here, or take the portrait off the list
sheet-keep = Keep { $name } at the front
sheet-keep-not = Do not keep { $name } at the front
sheet-other-face = Choose another face in { $name }
sheet-take-off = Take { $name } off the list
sheet-taken-off = “{ $name }” is off the list

## The panel: head, portrait

panel-hide = Hide side panel (P)
panel-help = Help and shortcuts (F1)
portrait = Portrait
portrait-open-tip = Open a portrait (O)
further-add = Add a picture of this person…
further-add-short = Add…
further-tip = What this picture does not show, such as teeth or shut eyes, is taken from another one of the same person (A)
further-none = Without its networks, the portrait is made from one picture alone
further-count = { $count } pictures of this person
likeness-improve = Improve likeness
likeness-improve-tip = Learns all pictures of the person, for half a minute to two; eyes and mouth need several
likeness-learning = Learning { $percent } %
likeness-cancel-tip = Stop learning: the portrait is drawn as before
likeness-undo-tip = Forget what was learnt of these pictures
likeness-improved = Likeness improved
likeness-improved-tip = The person's pictures were learnt; it is so at the next time, too

## The panel: what moves the portrait

driver = Moved by
driver-read-by = Read by
driver-reader = reader
driver-reader-tip = What reads the driver's face
driver-reader-best = The best there is
driver-reader-best-tip = The face reader, with every small movement; dlib where it is missing or sees no face
driver-reader-dlib = dlib alone
driver-reader-dlib-tip = 68 landmarks: for comparison, and for faces that the face reader gets wrong
driver-camera = Camera
driver-camera-tip = The camera that sees your face
driver-cameras-looking = Looking for cameras …
driver-cameras-none = No camera found
driver-cameras-choose = Choose a camera
driver-cameras-plug = Plug one in, then press the arrow
camera-looking = Looking …
camera-drives = Drives the portrait now
camera-busy = Used by another program
camera-forbidden = This program may not use it
camera-fails = No picture
camera-formats = { $size }, { $rate } fps
camera-formats-most = { $size }, { $rate } fps, up to { $most }
camera-busy-tip = Close the other program, or choose another camera
camera-forbidden-tip = Let this program use cameras, in the system's settings; on Linux your user must be in the group video
driver-cameras-again = Look for cameras again
driver-performance-tip = A stored performance: motion without pictures
driver-clip = Clip…
driver-clip-tip = A video or a stored performance
driver-it = It
driver-the-camera = The camera
driver-nothing = Nothing moves the portrait yet
driver-running = { $name }, { $rate } fps
driver-stalled = { $name } has sent nothing for { $seconds } s. Check its cable
driver-ended = { $name } is over
driver-failed = { $name } cannot be used. Choose something else to move the portrait

## The panel: how a clip is played

play = Play
pause = Pause
play-place = Place in the film
play-waits = It begins when a portrait is there.
play-again = Starts again at its end
play-once = Stops at its end
play-speed = Speed of the clip
play-speed-tip = How fast it is played
speed-quarter = Quarter speed
speed-half = Half speed
speed-own = Its own speed
speed-more = One and a half
speed-double = Double speed
play-neutral = Neutral here
play-neutral-tip = Pause where the face is relaxed and looks straight ahead, then press: all motion is measured from this picture

## The panel: motion

motion = Motion
motion-undo = Undo (Ctrl Z)
motion-redo = Redo (Ctrl Y)
motion-neutral = Set my neutral face
motion-neutral-tip = Look straight ahead with a relaxed face, then press: all motion is measured from there
motion-neutral-not = Open a portrait first
motion-own-tip = Yours. A right click can remove it
motion-own-set-tip = Yours. Click again to remove it
motion-remove = Remove { $name }
motion-save = Save…
motion-save-tip = Keep this motion under a name, or give the chosen one of yours another name
motion-name = Name of this motion
motion-head = Head
motion-head-tip = How far the head turns, nods and tilts
motion-eyes = Eyes
motion-eyes-tip = Blinks, squints and wide eyes
motion-gaze = Gaze
motion-gaze-tip = How far the eyes look around
motion-brows = Brows
motion-brows-tip = How far the brows rise and knit
motion-mouth = Mouth
motion-mouth-tip = How far lips and jaw move
motion-smoothing = Smoothing
motion-smoothing-tip = More is calmer, and comes a little later
motion-mirror = Mirror
motion-mirror-tip = The portrait moves like your image in a mirror (M)
slider-back = Double click: back to { $percent } %
slider-number = { $label } in percent
slider-number-tip = Click to type a number

## The panel: what is seldom needed

more = More
more-tip = Further pictures of the person, the background, the virtual camera, speed
virtual-camera = Virtual camera
virtual-camera-tip = Other programs, such as video calls, can choose the portrait as their camera
virtual-camera-opening = Opening the device …
virtual-camera-choose = Choose the camera { $name } in other programs
virtual-camera-commands-tip = Paste them into a terminal
speed = Speed
speed-unknown = not known yet
speed-tip = What makes the pictures
speed-recording = Stop the recording to change what makes the pictures
speed-auto = Automatic
speed-auto-tip = The graphics processor where it is the faster one
speed-cpu = CPU
speed-cpu-tip = The main processor
speed-gpu = GPU
speed-gpu-tip = The graphics adapter, also one that is only software
speed-now = Now: { $why }.
speed-no-networks = The networks are not used for this portrait: { $why }.
speed-broken = the graphics adapter cannot go on ({ $why }), so the CPU makes the pictures
foot-idle = idle
foot-speed = { $rate } fps · { $ms } ms
foot-speed-tip = Pictures per second, and the time from a camera frame to its picture
foot-camera = Virtual camera is on
foot-camera-tip = Other programs may see the portrait. The switch is under More

## The panel: recording

record = Record
record-tip = Record the portrait (R)
record-not = There is something to record when a portrait is open and a camera or a clip drives it
record-stop = Stop   { $time }
record-stop-label = Stop recording
record-stop-tip = Stop and keep the recording (R)
record-saving = Saving   { $percent } %
boomerang = Boomerang
boomerang-tip = Three seconds, shown forth and back (B)
countdown = Countdown
countdown-on = Recordings begin after 3, 2, 1. Press to begin at once
countdown-with-camera = With a camera, recordings begin after 3, 2, 1; with a clip at once. Press to count down always
countdown-off = Recordings begin at once. Press to count 3, 2, 1 before
snapshot = Snapshot
snapshot-tip = Keep this picture as a PNG (S)
sound-on = Sound on
sound-off = Sound off
sound-tip = Record with the microphone, or with the clip's own sound
microphone = Microphone
microphone-system = System microphone
microphone-level = Microphone level { $percent } %
record-earlier = Earlier recordings (L)
record-copy-path = Copy the path of the last file
record-show = Show the last file in its folder
record-slow = { $count ->
    [one] Only { $count } picture a second
   *[other] Only { $count } pictures a second
}
record-slow-tip = This computer is too slow for a smooth film. Close other programs, or take a smaller picture
record-slow-note = { $few }: this computer was too slow for a smooth film. Close other programs, or take a smaller picture.
record-lost = { $count ->
    [one] { $count } picture lost
   *[other] { $count } pictures lost
}
record-lost-tip = This computer was too slow for them
record-saved = Saved: { $name }
record-saved-in = Saved in { $folder }

## A recording's card, its replay, the list

film-play = Play { $name }
film-sound = with sound
film-silent = silent
film-replay = Replay
film-replay-tip = Play it here, with its sound
film-trim = Trim
film-trim-tip = Choose where it begins and ends
film-copy = Copy the file, to paste it into a message or a folder
film-show = Show it in its folder
film-trash = Put it into the trash
film-save-as = Save as
film-save-as-tip = A new file; this one stays
film-gif = GIF
film-gif-guessing = GIF (finding out how large)
film-gif-about = GIF, about { $size }
film-whole = Film, whole picture (MP4)
film-square = Film, square (MP4)
film-tall = Film, tall for telephones (MP4)
film-back = Film, forth and back (MP4)
film-still = Still picture, the one shown (PNG)
film-of-part = Of the part that you have chosen.
film-name = New name
film-keep-name = Keep the name
film-part = { $from } – { $to }   ({ $seconds } s)
film-part-begin = Beginning of the part
film-part-end = End of the part
film-part-at = { $end }: { $time }
film-done = Done
film-save-again = Save again
film-save-again-tip = A new file of this part; the recording stays as it is
film-volume = Volume
film-end-replay = End the replay (Esc)
film-no-sound = Silent: { $why }.
film-making-whole = Saving the film
film-making-square = Saving a square film
film-making-tall = Saving a tall film
film-making-gif = Saving a GIF
film-making-still = Saving a picture
film-making-back = Making it go back and forth
film-making = { $what }   { $percent } %
film-cancelled = It was cancelled; nothing was written
film-no-part = There is no picture between these two ends; draw them apart
film-no-film = { $file } is no film
film-too-long = Only films of up to { $seconds } seconds can be made to go back and forth; trim it first
film-bad-name = No file can be called that; use letters, digits and spaces
film-name-taken = There already is a file called { $name }; choose another name
films-title = Recordings
films-in = in { $folder }
films-looking = Looking …
films-none = Nothing is recorded yet. Press Record, and what you make appears here.
films-one = Recording: { $name }
age-now = just now
age-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
age-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
age-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
age-months = { $count ->
    [one] { $count } month ago
   *[other] { $count } months ago
}

## Help, about, questions

help-title = Shortcuts
help-open = Open a portrait; held: see the original
help-gallery = All portraits
help-further = Add a picture of this person
help-paste = Paste a picture or a path
help-digits = Portraits of the gallery, or the face
help-enter = Use the marked face
help-space = Set my neutral face
help-mirror = Mirror
help-undo = Undo a change of the motion
help-redo = Redo it
help-inset = Camera picture
help-record = Record, stop
help-boomerang = Boomerang of three seconds
help-snapshot = Snapshot
help-panel = Side panel
help-list = Earlier recordings
help-output = Output window
help-alone = The picture alone
help-tab = Next control
help-help = This help
help-escape = Close what lies on top
help-know = Good to know
help-consent = Animate only people who agree to it, or who are long gone. Every clip and snapshot is marked as synthetic, so that nobody mistakes it for the real person.
help-private = Nothing leaves this computer: no account, no network.
help-about = About Retrato
help-about-tip = Version, licences, what it has learnt from
about-what = Brings a portrait to life with your own face, on this computer alone: no account, no network.
about-licences = Licences
about-licences-text = Retrato is free: you may use it under the MIT licence or the Apache licence 2.0, as you like. The file NOTICE lists what others made.
about-learnt = What it has learnt from
about-learnt-text = Retrato's own networks were trained on synthetic heads alone: people who do not exist, made by the program from the public head model ICT-FaceKit. No photograph of anybody was used. Faces are read by models that others have trained: MediaPipe's Face Landmarker, and dlib's landmarks where that is missing.
about-wrong = When something goes wrong
about-log = The log is in { $path }
about-copy-log = Copy the log's path
about-copy-log-tip = For a message to those who mend it
recovery-title = { $count ->
    [one] An interrupted recording was found
   *[other] Interrupted recordings were found
}
recovery-file = { $name } ({ $size })
recovery-text = Retrato did not end properly while it was recording. What was recorded until then can be made playable.
recovery-recover = Recover
recovery-later = Keep for later
path-portrait = Open a portrait
path-further = Add a picture of this person
path-driver = Open a clip or a performance
path-where-picture = This desktop offers no file dialog. Where is the picture?
path-where-file = This desktop offers no file dialog. Where is the file?
path-hint = /folder/file
path-label = Path of the file
path-open = Open
path-none = There is no such file.
dialog-pictures = Pictures
dialog-clips = Clips and performances
dialog-all = All files

## Messages

dismiss = Dismiss message
said-copied = It is in the clipboard
said-path-copied = The path is in the clipboard
said-no-dialog = The file dialog does not open: { $why }
said-neither = { $name } is neither a picture nor a clip. Drop a JPEG, PNG or WebP to animate it, or an MP4 to drive
said-one-driver = One driver at a time: { $name } is used
said-other-name = Give it another name: this one is empty, or one of the program's own
said-no-room = There is no room for more presets. Remove one first
said-neutral = This is your neutral face now
said-likeness-better = The likeness is better: { $percent } % closer to the pictures
said-likeness-same = The likeness could not be made better; nothing was changed
said-recorded = { $file } is saved ({ $seconds } s)
said-virtual-camera = Other programs can choose the camera { $name } now
said-virtual-camera-commands = The virtual camera needs a device that some commands make. The panel says more, under More
said-executor-now = Now: { $why }
said-executor-not = The GPU is not used: { $why }
said-executor-broken = The graphics adapter cannot go on ({ $why }). Retrato continues on the CPU.
said-networks-broken = The networks cannot go on ({ $why }). This portrait is moved without them, less well; the next one tries them again.
said-recovered = { $file } was recovered
said-clipboard = The clipboard cannot be read: { $why }
said-clipboard-empty = The picture in the clipboard is empty. Copy it again
said-clipboard-text = The clipboard holds text, not a picture. Copy a picture first, or its path
said-clipboard-nothing = There is no picture in the clipboard. Copy one first, or its path
said-passing = The picture will be gone at the next start: { $why }
said-replaced = A new portrait has taken the place of the one before. Do they show the same person?
said-replaced-by = “{ $by }” has taken the place of “{ $before }”. Do they show the same person?
said-use-both = Use both pictures
said-one-portrait = One portrait at a time: the others wait in the gallery
said-one-person = All show one person
said-portrait-first = Open a portrait of the person first, then add further pictures
said-made-from = Made from { $count } pictures of this person now
said-film-copied = { $file } is in the clipboard
said-film-path = This desktop takes no files into the clipboard, so the path is there
said-no-file-manager = No file manager answers here, so the path is in the clipboard
said-trashed = { $file } is in the trash
said-put-back = { $file } is back in its folder

## Trouble: what the program says of files and devices comes in English

trouble-driver = { $why }
trouble-portrait = { $why }
trouble-background = The background stays as it is: { $why }
trouble-recording = { $why }
trouble-snapshot = { $why }
trouble-recovery = { $why }
trouble-likeness = { $why }
trouble-virtual-camera = { $why }
trouble-film = { $why }
trouble-portraits = { $why }
trouble-settings = { $why }
trouble = { $why }
